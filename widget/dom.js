/** Nodes. Text given as a child stays text: nothing here is ever read as HTML. */

/** What a click on an element does; see `clicked`. @type {WeakMap<EventTarget, (event: Event) => void>} */
const CLICKS = new WeakMap();

/** @type {WeakMap<Element, Element[]>} */
const ARRANGED = new WeakMap();

/**
 * An element.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, any>} [attributes] `on…` are listeners
 * @param {...(Node | string)} children @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'onclick') CLICKS.set(element, value);
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

/** Do what the elements that a click met do. @param {Event} event */
export function clicked(event) {
  for (const node of event.composedPath()) CLICKS.get(node)?.(event);
}

/**
 * @param {string} label @param {(event: Event) => void} onclick
 * @param {Record<string, any>} [attributes] @param {string} [drawing] shown instead of the label
 */
export function button(label, onclick, attributes = {}, drawing = '') {
  const named = drawing ? { 'aria-label': label } : {};
  return h('button', { type: 'button', onclick, ...named, ...attributes }, drawing ? icon(drawing) : label);
}

/** A drawing. @param {string} path of 24 by 24 */
export function icon(path) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const drawn = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  drawn.setAttribute('d', path);
  svg.append(drawn);
  return svg;
}

export const ICONS = {
  mark: 'M4 12a8 8 0 1 1 3 6.2L3.5 19.5l1.2-3.4A8 8 0 0 1 4 12Zm5-.2 2.3 2.4L15.4 10',
  close: 'M6 6l12 12M18 6 6 18',
  more: 'M5 11.5v1M12 11.5v1M19 11.5v1',
  send: 'M12 19V5m-6 6 6-6 6 6',
  down: 'M12 5v14m-6-6 6 6 6-6',
  copy: 'M9 9h10v11H9zM15 9V4H5v11h4',
};

/** A link that opens apart. @param {string} address @param {string} text */
export function link(address, text) {
  return h('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, text);
}

/** @param {import('./markup.js').Part[]} parts @returns {(Node | string)[]} */
export function nodesOf(parts) {
  return parts.map(({ text, address }) => (address ? link(address, text) : text));
}

/**
 * Make nodes the children of another; those that stay are not touched.
 * @param {Element} parent @param {Element[]} nodes
 */
export function arrange(parent, nodes) {
  const before = ARRANGED.get(parent) ?? [];
  if (before.length === nodes.length && before.every((node, index) => node === nodes[index])) return;
  ARRANGED.set(parent, nodes);
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let present = parent.firstElementChild;
  for (const node of nodes) {
    if (node === present) present = present.nextElementSibling;
    else parent.insertBefore(node, present);
  }
}

/** Mark a button as pressed. @param {Element | undefined} pressed @returns {boolean} false if it was */
export function use(pressed) {
  if (!pressed || pressed.getAttribute('aria-disabled') === 'true') return false;
  pressed.setAttribute('aria-disabled', 'true'); // not `disabled`: the focus stays
  return true;
}

/** @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // plain http, or forbidden in a frame
    const area = h('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}

/**
 * A button that copies a text and says so for a while.
 * @param {string} label @param {string} done @param {() => string} text
 * @param {Record<string, any>} attributes @param {string} [drawing]
 */
export function copyButton(label, done, text, attributes, drawing = '') {
  const copying = button(label, async () => {
    await copy(text());
    copying.textContent = done;
    copying.removeAttribute('aria-label');
    setTimeout(() => {
      copying.replaceChildren(drawing ? icon(drawing) : label);
      if (drawing) copying.setAttribute('aria-label', label);
    }, 3000);
  }, attributes, drawing);
  return copying;
}

/** Hand a text over as a file. @param {string} text @param {string} name without its end */
export function download(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  h('a', { href: address, download: `${name}-${new Date().toISOString().slice(0, 10)}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
