/** How it looks, under whatever policy the site around it has. */
import styles from './widget.css' with { type: 'text' };
import { h } from './dom.js';

/**
 * Put the styles into a shadow tree. A sheet made by script needs no permission; where the browser has
 * none (before Safari 16.4 and Firefox 101), they are fetched, and the site's policy has to allow
 * `style-src` for this server.
 * @param {ShadowRoot} shadow @param {HTMLElement} root hidden until it is dressed @param {string} base
 */
export function dress(shadow, root, base) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    shadow.adoptedStyleSheets = [sheet];
  } catch {
    root.hidden = true;
    const dressed = () => { root.hidden = false; };
    shadow.append(h('link', { rel: 'stylesheet', href: `${base}widget.css`, onload: dressed, onerror: dressed }));
  }
}

/**
 * Use the host's colour, with black or white on it, whichever can be read better.
 * @param {HTMLElement} root @param {string | undefined} colour
 */
export function paint(root, colour) {
  if (!colour || !CSS.supports('color', colour)) return;
  const { style } = root;
  style.setProperty('--brand', colour);
  style.color = colour;
  style.color = `color-mix(in srgb, ${colour}, ${colour})`; // computes to "color(srgb r g b)", whatever it was
  const computed = getComputedStyle(root).color;
  const scale = computed.startsWith('rgb') ? 255 : 1;
  const [red, green, blue] = (computed.match(/[\d.]+/g) ?? []).map((part) => (Number(part) / scale) ** 2.2);
  style.removeProperty('color');
  style.setProperty('--on-brand', 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000' : '#fff');
}

/** On paper, leave out the site around us, where the browser can. @param {boolean} hidden */
export function hideSite(hidden) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(hidden ? '@media print { body > :not(reinstate-chat) { display: none !important; } }' : '');
    document.adoptedStyleSheets = [...document.adoptedStyleSheets.filter((each) => each !== alone), sheet];
    alone = sheet;
  } catch { /* then the site is printed, too */ }
}

/** @type {CSSStyleSheet | undefined} */
let alone;
