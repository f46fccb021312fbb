/**
 * What is done inside stays inside. The site around us has shortcuts on its document, and dialogs
 * that pull the focus back; both listen to events that leave the shadow tree. So those events are
 * stopped where they set out, at the window, and what they mean here is done at once. The browser
 * still does its own part: letters are typed, the focus moves, forms are sent.
 */
import { clicked } from './dom.js';

const AT_ONCE = ['keydown', 'keypress', 'keyup', 'focusin', 'focusout', 'mousedown', 'touchstart', 'click'];
const AT_THE_EDGE = [
  'input', 'paste', 'copy', 'cut', 'selectstart', 'contextmenu', 'pointerdown', 'touchmove', 'wheel', 'dragstart', 'dragover', 'drop',
];

/**
 * @param {ShadowRoot} shadow @param {HTMLElement} root what everything stands in
 * @param {(event: KeyboardEvent) => void} pressed called for every key that goes down inside
 * @returns {() => void} lifts it
 */
export function shield(shadow, root, pressed) {
  const heed = (/** @type {Event} */ event) => {
    if (event.type === 'keydown') pressed(/** @type {KeyboardEvent} */ (event));
    if (event.type === 'click') clicked(event);
  };
  const keep = (/** @type {Event} */ event) => {
    const target = event.composedPath()[0];
    if (!(target instanceof Node) || target.getRootNode() !== shadow) return;
    event.stopImmediatePropagation();
    heed(event);
  };
  const hold = (/** @type {Event} */ event) => event.stopPropagation();
  for (const kind of AT_ONCE) window.addEventListener(kind, keep, true);
  for (const kind of AT_ONCE) root.addEventListener(kind, heed); // where somebody came before us, or by script
  for (const kind of AT_THE_EDGE) root.addEventListener(kind, hold, { passive: true });
  return () => {
    for (const kind of AT_ONCE) {
      window.removeEventListener(kind, keep, true);
      root.removeEventListener(kind, heed);
    }
    for (const kind of AT_THE_EDGE) root.removeEventListener(kind, hold);
  };
}
