/** A letter as a text box: changed in place, copied, saved, printed; changes survive a reload. */
import { button, copyButton, download, h } from './dom.js';
import { countWords, nameOf } from './markup.js';

/** Where the changes of a letter are kept. @param {string} text as the server sent it */
export const keyOf = (text) => `letter:${nameOf(text)}`;

/**
 * @param {string} text as the server sent it @param {import('./types.js').Words} words
 * @param {import('./storage.js').Store} store keeps the changes
 * @param {string} language of the letter @param {(letter: HTMLElement) => void} print
 * @returns {HTMLElement}
 */
export function makeLetter(text, words, store, language, print) {
  const name = keyOf(text);
  const box = h('textarea', { class: 'paper', rows: '1', dir: 'auto', lang: language, 'aria-label': words.letter, autocomplete: 'off' });
  const mirror = h('div', { class: 'paper mirror', dir: 'auto', 'aria-hidden': 'true' }); // gives the box its height, and is what is printed
  const count = h('span', { class: 'count', role: 'status' });
  const draw = () => {
    mirror.textContent = `${box.value}\n`;
    count.textContent = words.words.replace('{n}', String(countWords(box.value)));
    undo.hidden = box.value === text;
  };
  const keep = () => {
    if (box.value === text) store.remove(name);
    else store.set(name, box.value);
    draw();
  };
  const take = () => {
    box.value = store.get(name) ?? text;
    draw();
  };
  const act = { class: 'choice' };
  const undo = button(words.original, () => {
    box.value = text;
    keep();
    box.focus();
  }, act);
  box.addEventListener('input', keep);
  const letter = h(
    'div', { class: 'letter' },
    h('div', { class: 'grow text' }, box, mirror),
    h('div', { class: 'choices' },
      copyButton(words.copy, words.copied, () => box.value, act),
      button(words.save, () => download(box.value, 'letter'), act),
      button(words.print, () => print(letter), act),
      undo, count),
  );
  take();
  // Another tab changed it: this one shows it, too, unless somebody is writing here.
  letter.addEventListener('reinstate-changed', () => letter.querySelector('textarea:focus') || take());
  return letter;
}
