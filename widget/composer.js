/** Where the person writes. */
import { button, h, ICONS } from './dom.js';
import { excess } from './markup.js';
import { areaOf } from './storage.js';

const LONGEST_TEXT = 4000;
const DRAFT = 'reinstate:draft';
const HINT_MS = 6000;

export class Composer {
  /**
   * @param {import('./types.js').Words} words @param {HTMLElement} beside stands left of the text
   * @param {(text: string) => void} send
   */
  constructor(words, beside, send) {
    this.words = words;
    this.send = send;
    this.drafts = areaOf('sessionStorage');
    /** @type {any} */ this.hush = 0;
    this.said = '';
    this.text = h('textarea', {
      id: 'text', rows: '1', dir: 'auto', placeholder: words.message, enterkeyhint: 'send', autocomplete: 'off',
      'aria-describedby': 'hint', oninput: () => this.typed(),
    });
    this.hint = h('p', { class: 'hint', id: 'hint', role: 'status' }, words.hint);
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.submit();
    };
    this.node = h(
      'footer', {},
      h('form', { class: 'composer', onsubmit: submit },
        h('label', { class: 'hidden', for: 'text' }, words.message), this.text, beside,
        button(words.send, () => {}, { class: 'send', type: 'submit' }, ICONS.send)),
      this.hint,
    );
    try {
      this.text.value = this.drafts?.getItem(DRAFT) ?? '';
    } catch { /* no draft is kept */ }
  }

  submit() {
    const text = this.text.value.trim();
    if (!text || excess(text, LONGEST_TEXT) > 0) {
      this.text.focus();
      return;
    }
    this.empty();
    this.send(text);
  }

  empty() {
    this.text.value = '';
    this.typed();
  }

  /** A key went down in the text. While an input method composes, keys are its own. @param {KeyboardEvent} event */
  pressed(event) {
    if (event.key !== 'Enter' || event.shiftKey || composes(event)) return;
    event.preventDefault();
    this.submit();
  }

  typed() {
    this.draw();
    try {
      this.drafts?.setItem(DRAFT, this.text.value);
    } catch { /* no draft is kept */ }
  }

  /** Say something under the text for a while. @param {string} words */
  tell(words) {
    clearTimeout(this.hush);
    this.said = words;
    this.draw();
    this.hush = setTimeout(() => {
      this.said = '';
      this.draw();
    }, HINT_MS);
  }

  draw() {
    const over = excess(this.text.value.trim(), LONGEST_TEXT);
    const hint = over > 0 ? this.words.tooLong.replace('{n}', String(over)) : this.said || this.words.hint;
    if (this.hint.textContent !== hint) this.hint.textContent = hint;
    this.hint.classList.toggle('trouble', hint !== this.words.hint);
    this.text.setAttribute('aria-invalid', String(over > 0));
    if (!CSS.supports('field-sizing', 'content')) {
      this.text.style.height = 'auto';
      if (this.text.scrollHeight) this.text.style.height = `${this.text.scrollHeight + 2}px`;
    }
  }

  /** Pictures cannot be read, wherever they are pasted or dropped. @param {DataTransfer | null} data @returns {boolean} whether there was one */
  refuses(data) {
    if (!data?.types.includes('Files') || data.types.includes('text/plain')) return false;
    this.tell(this.words.pictures);
    return true;
  }
}

/** Whether a key belongs to an input method (Safari says so by its code only). @param {KeyboardEvent} event */
export function composes(event) {
  return event.isComposing || event.keyCode === 229;
}
