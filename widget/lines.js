/** Lines of the conversation -> nodes. */
import { arrange, button, copyButton, h, ICONS, link, nodesOf, use } from './dom.js';
import { keyOf, makeLetter } from './letter.js';
import { blocks, isPlain, linked } from './markup.js';

export const NAME = 'Reinstate';
export const BOT_LANGUAGE = 'en';
const LONGEST_LEAD = 100;   // characters of a first line that reads as a heading
const PERHAPS_LONG = 100;   // below so many characters nobody looks whether a text has more than six lines

/** @typedef {import('./types.js').Line} Line */

/** Draws each line once. A line that cannot be drawn stands there as its plain text and stops no other. */
export class Lines {
  /**
   * @param {import('./types.js').Words} words @param {string} language of the chrome
   * @param {import('./conversation.js').Conversation} talk @param {HTMLElement} log where they stand
   * @param {{focus: () => void, print: (letter: HTMLElement) => void}} page
   */
  constructor(words, language, talk, log, page) {
    this.words = words;
    this.language = language;
    this.talk = talk;
    this.log = log;
    this.page = page;
    /** @type {WeakMap<Line, HTMLElement>} */ this.nodes = new WeakMap();
    /** @type {WeakMap<Line, HTMLElement>} by the line that begins it */ this.turns = new WeakMap();
    /** @type {WeakMap<HTMLElement, string>} */ this.states = new WeakMap();
    /** @type {Map<string, HTMLElement>} */ this.offered = new Map();
    /** @type {Intl.DateTimeFormat | undefined} */ this.clock = undefined;
  }

  /** Dates and times in words; made when the first is shown, since that takes a while. @param {number} at */
  time(at) {
    this.clock ??= new Intl.DateTimeFormat(this.language, { dateStyle: 'medium', timeStyle: 'short' });
    return this.clock.format(at);
  }

  /**
   * Turns are nodes of their own, so that a browser lays out a long conversation quickly.
   * @param {Line[]} lines all of them @returns {HTMLElement | undefined} the turn that the person began last
   */
  draw(lines) {
    /** @type {Map<HTMLElement, HTMLElement[]>} */
    const turns = new Map();
    let turn = this.log;
    /** @type {HTMLElement[]} */ const fresh = [];
    let mine;
    lines.forEach((line, index) => {
      const known = this.nodes.get(line);
      const node = known ?? this.line(line, lines[index - 1]);
      if (!known) fresh.push(node);
      if (!index || line.from === 'person') turn = this.turn(line);
      if (line.from === 'person') mine = turn;
      if (!turns.has(turn)) turns.set(turn, []);
      turns.get(turn)?.push(node);
      this.state(line, node);
      const next = lines[index + 1];
      const ends = next ? next.from === 'person' : !this.talk.writing;
      if (line.from === 'bot' && line.kind !== 'letter') this.tools(node, ends, lines, index);
    });
    for (const [node, inside] of turns) arrange(node, inside);
    arrange(this.log, [...turns.keys()]);
    for (const node of fresh) fold(node, this.words);
    return mine;
  }

  /** @param {Line} line that begins a turn @returns {HTMLElement} */
  turn(line) {
    const found = this.turns.get(line) ?? h('div', { class: 'turn' });
    this.turns.set(line, found);
    return found;
  }

  /** @param {Line} line @param {Line | undefined} before @returns {HTMLElement} */
  line(line, before) {
    const bot = line.from === 'bot';
    let node = h('div', { class: `line ${line.from}` });
    try {
      if (!bot) node.setAttribute('aria-live', 'off'); // the person knows what they wrote
      if (before?.from !== line.from) node.append(h('span', { class: 'hidden' }, `${bot ? NAME : this.words.you}: `));
      node.append(bot ? this.botText(line) : h('div', { class: 'text', dir: 'auto' }, ...nodesOf(linked(line.text))));
      if (line.sources.length) node.append(this.sources(line.sources));
      if (bot) node.append(h('div', { class: 'foot' }, ...(line.buttons.length ? [this.choices(line.buttons)] : [])));
      if (line.at) node.append(h('time', { datetime: new Date(line.at).toISOString() }, this.time(line.at)));
      if (!bot && !line.pressed) use(this.offered.get(line.text));
    } catch (error) {
      console.error(error);
      node = h('div', { class: `line ${line.from}` }, h('div', { class: 'text', dir: 'auto' }, line.text));
    }
    this.nodes.set(line, node);
    return node;
  }

  /** What the bot says; a letter is a text box. @param {Line} line */
  botText(line) {
    if (line.kind === 'letter') return makeLetter(line.text, this.words, this.talk.store, BOT_LANGUAGE, this.page.print);
    const body = h('div', { class: 'text', lang: BOT_LANGUAGE }, ...blocks(line.text).map(({ tag, start, lines }) => {
      if (tag !== 'p') return h(tag, start ? { start } : {}, ...lines.map((item) => h('li', { dir: 'auto' }, ...nodesOf(item))));
      return h('p', { dir: 'auto' }, ...lines.flatMap((parts, index) => [...(index ? [h('br')] : []), ...nodesOf(parts)]));
    }));
    const first = body.firstElementChild;
    if (first && first !== body.lastElementChild && (first.textContent ?? '').length < LONGEST_LEAD) first.classList.add('lead');
    return body;
  }

  /** Where it comes from, folded. @param {import('./types.js').Source[]} sources */
  sources(sources) {
    const items = sources.map(({ title, address }) => h('li', { dir: 'auto' }, isPlain(address) ? link(String(address), title) : title));
    return h(
      'details', { class: 'sources', lang: BOT_LANGUAGE },
      h('summary', { lang: this.language }, this.words.sources.replace('{n}', String(sources.length))),
      h('ul', {}, ...items),
    );
  }

  /** @param {import('./types.js').Button[]} buttons */
  choices(buttons) {
    const nodes = buttons.map((offer) => {
      const node = button(offer.title, () => use(node) && this.talk.press(offer), { class: `choice${offer.payload.startsWith('/feedback_w') ? ' plain' : ''}`, dir: 'auto', lang: BOT_LANGUAGE });
      this.offered.set(offer.title, node);
      return node;
    });
    return h('div', { class: 'choices', role: 'group', 'aria-label': this.words.choices }, ...nodes);
  }

  /**
   * Under a reply that has come to its end: a way to copy it.
   * @param {HTMLElement} node of a line @param {boolean} ends whether the reply ends with it
   * @param {Line[]} lines @param {number} index of the line
   */
  tools(node, ends, lines, index) {
    const present = node.querySelector('.tools');
    if (Boolean(present) === ends) return;
    if (present) {
      present.remove();
      return;
    }
    const reply = () => {
      let first = index;
      while (first && lines[first - 1].from === 'bot') first -= 1;
      return lines.slice(first, index + 1).map(({ text }) => this.talk.store.get(keyOf(text)) ?? text).join('\n\n');
    };
    const copying = copyButton(this.words.copyAnswer, this.words.copied, reply, { class: 'plain' }, ICONS.copy);
    node.querySelector('.foot')?.prepend(h('div', { class: 'tools', 'aria-live': 'off' }, copying));
  }

  /** What becomes of a message, under it. @param {Line} line @param {HTMLElement} node */
  state(line, node) {
    const state = line.state === 'sent' ? '' : line.state ?? '';
    const key = state && `${state} ${line.words} ${line.why}`;
    if ((this.states.get(node) ?? '') === key) return;
    this.states.set(node, key);
    node.querySelector('.state')?.remove();
    if (!state) return;
    const { words, talk } = this;
    const act = (/** @type {string} */ label, /** @type {() => void} */ action) => button(label, () => {
      action();
      this.page.focus();
    });
    const said = {
      sending: words.sending,
      waiting: `${line.words} ${words.waiting}`,
      failed: `${words.failed} ${line.why ? words[line.why] : line.words}`,
    };
    const row = h('div', { class: `state ${state}`, role: state === 'failed' ? 'alert' : 'none' }, h('span', { dir: 'auto' }, said[state].trim()));
    if (state === 'waiting' && !line.words) row.append(act(words.now, () => talk.wake()));
    if (state === 'failed') row.append(act(words.again, () => talk.retry(line)));
    if (state !== 'sending') row.append(act(words.discard, () => talk.discard(line)));
    node.append(row);
  }
}

/** Show six lines of a person's long text, and the rest on demand. @param {HTMLElement} node in the page @param {import('./types.js').Words} words */
function fold(node, words) {
  const text = node.querySelector('.text');
  const said = text?.textContent ?? '';
  if (!text || !node.matches('.person') || (said.length < PERHAPS_LONG && said.split('\n').length < 7)) return;
  text.classList.add('folded');
  if (text.scrollHeight <= text.clientHeight + 1 && text.getClientRects().length) {
    text.classList.remove('folded');
    return;
  }
  const more = button(words.all, () => {
    const folded = text.classList.toggle('folded');
    more.textContent = folded ? words.all : words.less;
    more.setAttribute('aria-expanded', String(!folded));
  }, { class: 'plain fold', 'aria-expanded': 'false' });
  text.after(more);
}
