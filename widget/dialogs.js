/** `<dialog>`, also where the browser does not know it yet (Safari 15.0, Firefox 90). */
import { h } from './dom.js';

/** @param {Element} dialog */
export function isShown(dialog) {
  return dialog.hasAttribute('open');
}

/** @param {HTMLDialogElement} dialog @param {boolean} modal */
export function show(dialog, modal) {
  if (modal && typeof dialog.showModal === 'function') {
    dialog.showModal();
    return;
  }
  dialog.setAttribute('open', ''); // `show()` would take the focus at once
  dialog.setAttribute('role', 'dialog');
  dialog.toggleAttribute('data-modal', modal);
  if (modal) dialog.querySelector('button')?.focus();
}

/** @param {HTMLDialogElement} dialog */
export function hide(dialog) {
  if (typeof dialog.close === 'function') dialog.close();
  else if (isShown(dialog)) {
    dialog.removeAttribute('open');
    dialog.dispatchEvent(new Event('close'));
  }
}

/**
 * A question or an explanation over everything else.
 * @param {string} title @param {string[]} paragraphs
 * @param {(close: () => void) => HTMLButtonElement[]} buttons
 * @returns {{dialog: HTMLDialogElement, trouble: HTMLElement}}
 */
export function makeDialog(title, paragraphs, buttons) {
  const trouble = h('p', { class: 'trouble', role: 'alert' });
  const row = h('div', { class: 'row' });
  const dialog = h(
    'dialog', {
      class: 'confirm', 'aria-label': title,
      onclose: () => { trouble.textContent = ''; },
    },
    h('h3', {}, title), ...paragraphs.map((each) => h('p', {}, each)), trouble, row,
  );
  row.append(...buttons(() => hide(dialog)));
  return { dialog, trouble };
}
