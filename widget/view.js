/** All that is seen of the chat, and what keys and clicks do. */
import { Composer, composes } from './composer.js';
import { Conversation } from './conversation.js';
import { hide, isShown, makeDialog, show } from './dialogs.js';
import { button, download, h, icon, ICONS, use } from './dom.js';
import { chime, Launcher } from './launcher.js';
import { Lines, NAME } from './lines.js';
import { shield } from './shield.js';
import { dress, hideSite, paint } from './styles.js';

const NOTICE_MS = 4000;
const PHONE = matchMedia('(max-width: 560px), (max-height: 30em)');
const FINGER = matchMedia('(pointer: coarse)');

export class View {
  /**
   * @param {HTMLElement} host the element @param {import('./api.js').Api} api
   * @param {import('./storage.js').Store} store @param {string} language @param {import('./types.js').Words} words
   */
  constructor(host, api, store, language, words) {
    this.host = host;
    this.words = words;
    this.store = store;
    this.full = host.hasAttribute('full');
    this.following = true;
    this.drawing = false;
    this.wasConnected = true;
    this.kept = false;
    this.unread = 0;
    /** @type {WeakSet<object>} lines that were counted as unread or seen */ this.met = new WeakSet();
    /** @type {any} */ this.hush = 0;
    /** @type {HTMLElement | undefined} */ this.anchor = undefined;
    this.lift = () => {};
    this.heading = host.dataset.title || NAME;
    this.talk = new Conversation(api, store, () => this.draw());

    this.log = h('div', { class: 'log', role: 'log', tabindex: '0', 'aria-label': words.log });
    this.lines = new Lines(words, language, this.talk, this.log, { focus: () => this.focusInside(), print: (letter) => this.printLetter(letter) });
    this.start = h('div', { class: 'start' }, h('slot', {}, ...this.buildStart()));
    this.dots = h('div', { class: 'dots', hidden: true }, h('span', { class: 'hidden' }, words.writing), h('i'), h('i'), h('i'));
    this.pane = h('div', { class: 'pane' }, this.start, this.log, this.dots);
    this.newest = button(words.newest, () => this.toEnd(), { class: 'newest', hidden: true }, ICONS.down);
    this.composer = new Composer(words, this.newest, (text) => {
      this.talk.say(text);
      if (!FINGER.matches) this.composer.text.focus();
    });
    this.status = h('p', { class: 'status', role: 'status' });
    this.banner = h('div', { class: 'banner' }, this.status);
    this.about = makeDialog(words.about, [words.who, ...words.aboutBody], (close) => [button(words.close, close)]).dialog;
    const asking = makeDialog(words.forgetTitle, [words.forgetBody], (close) => [
      button(words.forgetNo, close, { autofocus: true }),
      button(words.forgetYes, () => this.forget(), { class: 'danger' }),
    ]);
    this.confirm = asking.dialog;
    this.trouble = asking.trouble;
    this.menu = h('div', { class: 'menu', id: 'menu', hidden: true }, ...this.buildMenu());
    this.more = button(words.more, () => this.toggleMenu(), { class: 'plain', 'aria-expanded': 'false', 'aria-controls': 'menu' }, ICONS.more);
    this.panel = h(
      this.full ? 'section' : 'dialog', { class: 'panel', 'aria-label': this.heading },
      this.buildHeader(), this.banner, this.pane, this.composer.node, this.confirm, this.about,
    );
    this.root = h('div', { class: this.full ? 'root full' : 'root', lang: language }, this.panel);
    this.launcher = this.full ? null : new Launcher(host.dataset.title || words.launcher, words.unread, () => this.open());
    if (this.launcher) this.root.append(this.launcher.node);
    if (host.dataset.side === 'left') this.root.classList.add('left');
    this.shadow = host.attachShadow({ mode: 'open' });
    dress(this.shadow, this.root, api.base);
    this.shadow.append(this.root);
    paint(this.root, host.dataset.colour);
    this.listen();
    this.composer.draw();
  }

  get isOpen() {
    return this.full || isShown(this.panel);
  }

  // --- building

  /** What stands there before the first message, unless the page has its own. */
  buildStart() {
    const { words } = this;
    const starters = words.starters.map((text) => {
      const starter = button(text, () => use(starter) && this.ask(text), { class: 'starter' });
      return h('li', {}, starter);
    });
    return [
      h('p', { class: 'lead' }, words.hello), h('p', { class: 'soft' }, words.who), h('ul', { class: 'starters' }, ...starters),
      button(words.about, () => show(this.about, true), { class: 'plain' }),
    ];
  }

  /** @returns {HTMLElement[]} */
  buildMenu() {
    const { words, talk } = this;
    const toggled = (/** @type {boolean} */ on) => ({ 'aria-pressed': String(on) });
    /** @typedef {[string, (item: HTMLElement) => void, Record<string, string>?]} Entry */
    /** @type {Entry[]} */
    const inCorner = [
      [words.sound, (item) => this.toggleSound(item), toggled(this.store.get('sound') === true)],
      [words.about, () => show(this.about, true)],
    ];
    /** @type {Entry[]} */
    const items = [
      [words.restart, () => talk.say('/restart')],
      [words.save, () => this.save()],
      ...(this.full ? [/** @type {Entry} */ ([words.print, () => window.print?.()])] : []),
      [words.times, (item) => item.setAttribute('aria-pressed', String(this.log.classList.toggle('times'))), toggled(false)],
      ...(this.full ? [] : inCorner),
      [words.forget, () => show(this.confirm, true)],
    ];
    return items.map(([label, act, attributes]) => {
      const item = button(label, () => {
        this.toggleMenu(false);
        this.more.focus();
        act(item);
      }, attributes);
      return item;
    });
  }

  buildHeader() {
    const tools = h('div', { class: 'bar' }, h('slot', { name: 'bar' }), h('div', { class: 'holder' }, this.more, this.menu));
    if (!this.full) tools.append(button(this.words.close, () => this.close(), { class: 'plain' }, ICONS.close));
    return h('header', {}, h('span', { class: 'mark' }, icon(ICONS.mark)), h('h2', {}, this.heading), tools);
  }

  listen() {
    const { panel, pane } = this;
    panel.addEventListener('cancel', (event) => {
      if (event.target !== panel) return;
      event.preventDefault();
      this.close();
    });
    this.root.addEventListener('pointerdown', (event) => {
      if (!event.composedPath().includes(/** @type {Node} */ (this.menu.parentNode))) this.toggleMenu(false);
    });
    for (const around of this.full ? [panel, document] : [panel]) { // its own page has nothing else for a picture
      for (const kind of ['paste', 'dragover', 'drop']) { // or the browser would leave the page for the file
        around.addEventListener(kind, (/** @type {any} */ event) => {
          if (this.composer.refuses(event.clipboardData ?? event.dataTransfer)) event.preventDefault();
        });
      }
    }
    pane.addEventListener('scroll', () => this.drawNewest(), { passive: true });
    for (const kind of ['wheel', 'touchmove', 'pointerdown']) {
      pane.addEventListener(kind, () => { this.following = false; }, { passive: true });
    }
    let height = 0;
    new ResizeObserver(() => { // the last words stay in view when a phone's keyboard opens
      pane.scrollTop += height && height - pane.clientHeight;
      height = pane.clientHeight;
      this.drawNewest();
    }).observe(pane);
  }

  /** The element came into the page: listen to what is around it. @returns {void} */
  attach() {
    const { talk } = this;
    const lift = shield(this.shadow, this.root, (event) => this.pressed(event));
    /** @type {[EventTarget | null | undefined, string, (event: any) => void][]} */
    const around = [
      [window, 'storage', (event) => {
        talk.heed(event);
        for (const letter of this.log.querySelectorAll('.letter')) letter.dispatchEvent(new Event('reinstate-changed'));
      }],
      [window, 'online', () => talk.refresh()],
      [window, 'offline', () => {
        talk.connection = 'offline';
        this.draw();
      }],
      [window, 'pageshow', (event) => event.persisted && talk.refresh()], // back from the browser's own cache
      [document, 'visibilitychange', () => document.visibilityState === 'visible' && talk.refresh()],
      [window.visualViewport, 'resize', () => this.fit()],
      [window.visualViewport, 'scroll', () => this.fit()],
      [window, 'afterprint', () => this.printLetter(null)],
      [this.host, 'click', (event) => {
        const example = event.target.closest?.('[data-ask]');
        if (!example || this.start.hidden) return;
        this.start.hidden = true; // a double click asks once
        this.ask(example.textContent);
      }],
    ];
    for (const [target, kind, act] of around) target?.addEventListener(kind, act);
    this.lift = () => {
      lift();
      for (const [target, kind, act] of around) target?.removeEventListener(kind, act);
    };
    if (!this.full && this.isOpen && PHONE.matches) { // what is taken out of the page and put back is modal no more
      hide(/** @type {HTMLDialogElement} */ (this.panel));
      show(/** @type {HTMLDialogElement} */ (this.panel), true);
    }
    if (this.full || talk.hasUnsent) talk.start();
    if ('open' in this.host.dataset && !this.isOpen) this.open(false);
    if (this.full && !FINGER.matches && document.activeElement === document.body) this.composer.text.focus({ preventScroll: true });
    this.draw();
  }

  detach() {
    this.lift();
    this.lift = () => {};
  }

  // --- what the person does

  open(focus = true) {
    this.talk.start();
    if (!this.full && !this.isOpen) {
      for (const name of ['inert', 'aria-hidden']) this.host.removeAttribute(name); // by a dialog of the site
      show(/** @type {HTMLDialogElement} */ (this.panel), PHONE.matches || Boolean(modalOf(document)));
      this.launcher?.button.setAttribute('aria-expanded', 'true');
      this.root.classList.add('open');
      this.unread = 0;
      this.launcher?.tell(0);
      this.composer.draw();
      this.scroll();
    }
    if (focus) this.focusInside();
  }

  close() {
    if (this.full || !this.isOpen) return;
    this.toggleMenu(false);
    hide(/** @type {HTMLDialogElement} */ (this.panel));
    this.launcher?.button.setAttribute('aria-expanded', 'false');
    this.root.classList.remove('open');
    this.launcher?.button.focus();
  }

  /** @param {string} text */
  ask(text) {
    this.open();
    if (String(text).trim()) this.talk.say(String(text).trim());
  }

  /** A key went down somewhere inside. @param {KeyboardEvent} event */
  pressed(event) {
    const target = event.composedPath()[0];
    if (this.pane.contains(/** @type {Node} */ (target))) this.following = false;
    if (target === this.composer.text) this.composer.pressed(event);
    if (event.key !== 'Escape' || composes(event)) return;
    const dialog = [this.confirm, this.about].find(isShown);
    if (dialog) {
      if (!dialog.hasAttribute('data-modal')) return; // the browser closes it
      hide(dialog);
    } else if (!this.menu.hidden) {
      this.toggleMenu(false);
      this.more.focus();
    } else if (this.isOpen && !this.full) {
      this.close();
    } else {
      return;
    }
    event.preventDefault();
  }

  async forget() {
    this.trouble.textContent = '';
    try {
      await this.talk.forget();
      this.composer.empty();
      hide(this.confirm);
    } catch (problem) {
      this.trouble.textContent = [this.words.forgetFailed, /** @type {any} */ (problem).words].join(' ');
    }
  }

  toggleMenu(open = this.menu.hidden) {
    this.menu.hidden = !open;
    this.more.setAttribute('aria-expanded', String(open));
  }

  /** @param {HTMLElement} item */
  toggleSound(item) {
    const on = item.getAttribute('aria-pressed') !== 'true';
    item.setAttribute('aria-pressed', String(on));
    if (on) this.store.set('sound', true);
    else this.store.remove('sound');
    if (on) chime(); // so that the person hears what it is
  }

  focusInside() {
    (FINGER.matches ? this.log : this.composer.text).focus({ preventScroll: true });
  }

  save() {
    const said = this.talk.lines.map((line) => {
      const time = line.at ? ` (${this.lines.time(line.at)})` : '';
      return `${line.from === 'bot' ? NAME : this.words.you}${time}:\n${line.text}\n`;
    });
    download(said.join('\n'), 'reinstate');
  }

  /** Print one letter alone; null: printing is over. @param {HTMLElement | null} letter */
  printLetter(letter) {
    if (!letter && !this.root.matches('.printing')) return;
    for (const each of this.log.querySelectorAll('.printed')) each.classList.remove('printed');
    letter?.closest('.line')?.classList.add('printed');
    this.root.classList.toggle('printing', Boolean(letter));
    hideSite(Boolean(letter) && !this.full);
    if (letter) window.print?.();
  }

  // --- drawing

  /** Show the conversation as it is now, once for all changes before the next frame. */
  draw() {
    if (this.talk.working) this.log.setAttribute('aria-busy', 'true');
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      for (const part of [() => this.drawStatus(), () => this.drawLines(), () => this.drawUnread()]) {
        try {
          part();
        } catch (error) {
          console.error(error);
        }
      }
      this.log.setAttribute('aria-busy', String(this.talk.working));
    });
  }

  drawLines() {
    const { lines } = this.talk;
    const mine = lines.filter((line) => line.from === 'person').pop();
    if (mine?.state && !this.lines.nodes.has(mine)) this.following = true;
    this.start.hidden = lines.length > 0 || this.talk.stale > 0;
    this.host.toggleAttribute('talking', this.start.hidden);
    this.dots.hidden = !this.talk.writing;
    this.anchor = this.lines.draw(lines);
    if (!lines.length && !this.talk.stale) for (const each of this.start.querySelectorAll('[aria-disabled]')) each.removeAttribute('aria-disabled');
    this.scroll();
  }

  /** Count what came while nobody looked. */
  drawUnread() {
    let heard = false;
    for (const line of this.talk.lines) {
      if (!line.fresh || this.met.has(line)) continue;
      this.met.add(line);
      if (!this.isOpen) this.unread += 1;
      heard = !this.isOpen || document.hidden || heard;
    }
    this.launcher?.tell(this.unread);
    if (heard && this.store.get('sound') === true) chime();
  }

  drawStatus() {
    const { talk, words } = this;
    const trouble = talk.connection === 'ok' ? '' : words[talk.connection];
    const back = !trouble && !this.wasConnected ? words.back : '';
    this.wasConnected = !trouble;
    const notice = talk.notice && words[talk.notice];
    if (trouble || back || notice) this.tell(trouble || back || notice, Boolean(trouble || notice));
    else if (this.kept) this.tell('');
    this.banner.classList.toggle('trouble', Boolean(trouble));
    const there = this.banner.querySelector('a');
    if (talk.connection !== 'refused') there?.remove();
    else if (!there) this.banner.append(h('a', { href: talk.api.base, target: '_blank', rel: 'noopener' }, words.elsewhere));
  }

  /** Say something beside the conversation. @param {string} text @param {boolean} keep until it changes */
  tell(text, keep = false) {
    clearTimeout(this.hush);
    this.kept = keep;
    if (this.status.textContent !== text) this.status.textContent = text;
    if (text && !keep) this.hush = setTimeout(() => this.tell(''), NOTICE_MS);
  }

  /** Where the reader follows: to the end, but never past the beginning of the last turn. */
  scroll() {
    const { pane } = this;
    if (this.following && this.talk.lines.length) {
      const end = pane.scrollHeight - pane.clientHeight;
      const turn = this.anchor ? this.anchor.offsetTop - 12 : end;
      pane.scrollTop = Math.min(end, turn);
    }
    this.drawNewest();
  }

  toEnd() {
    this.pane.scrollTop = this.pane.scrollHeight;
    this.focusInside();
  }

  drawNewest() {
    const { pane } = this;
    this.newest.hidden = !this.start.hidden || pane.scrollHeight - pane.clientHeight - pane.scrollTop < 60;
  }

  /** On a phone the panel keeps to what the keyboard leaves free. */
  fit() {
    const view = window.visualViewport;
    if (!view || view.scale > 1.01) return; // zoomed in by hand
    this.root.style.setProperty('--height', `${view.height}px`);
    this.root.style.setProperty('--top', `${view.offsetTop}px`);
  }
}

/** A dialog of the site that holds everything else off. @param {Document} document */
function modalOf(document) {
  return [...document.querySelectorAll('dialog[open], [aria-modal="true"]')].find((each) => each.getClientRects().length);
}

