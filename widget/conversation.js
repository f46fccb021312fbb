/** What was said, and what is on its way. */
import { same } from './api.js';
import { pauseAfter, Problem } from './retry.js';

const LOOK_MS = 250; // after a reply, before it is looked whether the conversation is still there
const READ_MS = 4000; // a notice stays at least so long
const MOST_MOVES = 2; // times in a row that a conversation may be gone

/** @typedef {import('./types.js').Line} Line @typedef {import('./types.js').Turn} Turn @typedef {import('./types.js').Item} Item */

/**
 * `base` is what the server has; `turns` wait in the outbox, which outlives the page, until their
 * reply has come to its end. One loop (`work`) sends one turn after the other; whatever goes wrong,
 * it sends the same id again, so the server answers once. Lines of the base are never changed, only
 * replaced. A conversation ends only when our server says that it is gone.
 */
export class Conversation {
  /**
   * @param {import('./api.js').Api} api @param {import('./storage.js').Store} store
   * @param {() => void} changed called when something is to be shown anew
   * @param {() => boolean} isOnline whether the browser has a network
   */
  constructor(api, store, changed, isOnline = () => navigator.onLine) {
    this.api = api;
    this.store = store;
    this.changed = changed;
    this.isOnline = isOnline;
    api.renewed = (token) => {
      if (this.session) store.set('session', { ...this.session, token });
    };
    /** @type {Line[]} */ this.base = [];
    /** @type {Turn[]} */ this.turns = [];
    /** @type {'ok' | 'offline' | 'lost' | 'refused'} */ this.connection = 'ok';
    /** @type {'' | 'ended' | 'forgotten'} */ this.notice = '';
    this.noticed = 0; // when it began to be so
    /** @type {string | undefined} id of the conversation that the base belongs to */ this.conversation = undefined;
    this.started = false;
    this.stale = 0; // how often the history was asked for since it was last read
    this.working = false;
    this.stop = new AbortController();
    this.wake = () => {}; // ends the waiting for the next try, unless the server named the time
    /** @type {any} */ this.looking = 0;
  }

  /** @returns {import('./types.js').Session | null} */
  get session() {
    const session = this.store.get('session');
    return typeof session?.token === 'string' ? session : null;
  }

  /** All that was said, in the order in which it was: what was not sent stays where it was written. */
  get lines() {
    const lines = [...this.base];
    /** @type {Line[]} */ let last = [];
    for (const { line, replies, item } of [...this.turns].reverse()) {
      if (line.state === 'failed' && item.after !== undefined) lines.splice(item.after, 0, line);
      else last = [line, ...replies, ...last];
    }
    return [...lines, ...last];
  }

  get writing() {
    return this.turns.some((turn) => turn.line.state === 'sending' || turn.line.state === 'sent');
  }

  get hasUnsent() {
    return this.store.names('out:').length > 0;
  }

  /** Take up what this browser knows: the conversation and what was not sent. */
  start() {
    if (this.started) return;
    this.started = true;
    this.conversation = this.session?.conversation;
    const items = this.store.names('out:').map((name) => this.store.get(name));
    const usable = items.filter((item) => item?.id && typeof item.shown === 'string');
    this.turns = usable.sort((a, b) => a.at - b.at).map((item) => ({ ...newTurn(item), tries: 1 }));
    this.refresh();
  }

  /** Look at the server's history once more: another tab may have written, or time has passed. */
  refresh() {
    if (!this.started) return;
    if (this.session) this.stale += 1;
    this.wake();
    this.changed();
    this.work();
  }

  /** @param {string} text */
  say(text) {
    this.add({ text, shown: text });
  }

  /** @param {import('./types.js').Button} button */
  press(button) {
    this.add({ button: button.payload, shown: button.title });
  }

  /** @param {{text?: string, button?: string, shown: string}} message */
  add(message) {
    this.start();
    const last = Math.max(0, ...this.turns.map((each) => each.item.at));
    const turn = newTurn({ id: newId(), at: Math.max(Date.now(), last + 1), ...message }); // a clock may be set back
    turn.line.pressed = message.button !== undefined;
    this.keep(turn);
    this.turns.push(turn);
    if (Date.now() - this.noticed > READ_MS) this.notice = '';
    this.wake();
    this.changed();
    this.work();
  }

  /** @param {Turn} turn */
  keep(turn) {
    this.store.set(`out:${turn.item.id}`, turn.item);
  }

  /** @param {Line} line a failed one */
  retry(line) {
    const turn = this.turns.find((each) => each.line === line);
    if (!turn) return;
    delete turn.item.failed;
    Object.assign(line, { state: 'waiting', words: '', why: '' });
    this.keep(turn);
    this.work();
  }

  /** @param {Line} line one that is not sent yet */
  discard(line) {
    const turn = this.turns.find((each) => each.line === line);
    if (!turn) return;
    this.turns = this.turns.filter((each) => each !== turn);
    this.store.remove(`out:${turn.item.id}`);
    this.wake();
    this.changed();
  }

  /** Delete everything, there and here. Throws a `Problem`; then nothing was deleted. */
  async forget() {
    if (this.session) {
      await this.api.forget(this.session.token).catch((problem) => {
        if (problem.kind !== 'gone') throw problem;
      });
    }
    this.store.clear();
    this.turns = [];
    this.empty('forgotten');
  }

  /** @param {Conversation['notice']} notice */
  note(notice) {
    this.notice = notice;
    this.noticed = Date.now();
  }

  /** Drop what is no longer stored. @param {Conversation['notice']} notice why */
  empty(notice) {
    this.stop.abort();
    this.base = [];
    this.stale = 0;
    this.note(notice);
    this.wake();
    this.changed();
  }

  /** Another tab changed what is stored. @param {{key: string | null, newValue: string | null}} event */
  heed(event) {
    // Without a key somebody emptied the whole storage, which ends nothing: see Store.get.
    if (!this.started || !event.key?.startsWith(this.store.prefix)) return;
    const name = event.key.slice(this.store.prefix.length);
    if (event.newValue === null) this.store.memory.delete(name);
    if (name === 'session' && !this.session) {
      this.turns = this.turns.filter((turn) => this.store.read(`out:${turn.item.id}`));
      if (this.base.length + this.turns.length) this.empty('ended');
      else this.changed();
    } else if (name === 'session' && this.session?.conversation !== this.conversation) {
      this.conversation = this.session?.conversation;
      this.base = [];
      this.refresh();
    } else if (name.startsWith('out:') && event.newValue === null) {
      this.refresh();
    }
  }

  /** Bring everything up to date, one thing after the other, for as long as it takes. */
  async work() {
    if (this.working) return;
    this.working = true;
    clearTimeout(this.looking);
    for (let failures = 0; ; ) {
      const turn = this.turns.find((each) => each.line.state !== 'failed');
      if (!turn && !this.stale) break;
      try {
        await (this.stale || !turn ? this.synchronize() : this.deliver(turn));
        failures = 0;
        this.connection = 'ok';
      } catch (error) {
        if (turn && !this.turns.includes(turn)) { // forgotten or discarded meanwhile
          failures = 0;
          continue;
        }
        failures += 1;
        if (!(error instanceof Problem)) console.error(error);
        const problem = error instanceof Problem ? error : new Problem('bad');
        if (!(await this.cope(problem, turn, failures))) failures = 0;
      }
      this.changed();
    }
    this.working = false;
    this.connection = this.isOnline() ? 'ok' : 'offline';
    this.changed();
  }

  /** Replace the base by the server's history; a turn under way is shown by itself. */
  async synchronize() {
    const { session, stale } = this;
    const found = session ? await this.api.history(session.token) : [];
    if (this.session?.conversation !== session?.conversation) return;
    this.stale -= stale;
    const after = this.turns.find((turn) => turn.line.state !== 'failed')?.item.after;
    const times = [this.store.get('times')].flat();
    this.base = found.slice(0, after).map((line, index) => {
      const known = this.base[index];
      return same(known, line) ? known : { ...line, at: Number.isFinite(times[index]) ? times[index] : undefined };
    });
  }

  /** Open a session, unless another tab was faster. @returns {Promise<import('./types.js').Session>} */
  async open() {
    const opened = await this.api.open();
    const session = this.session ?? opened;
    if (session === opened) this.store.set('session', opened);
    this.conversation = session.conversation;
    return session;
  }

  /** @param {Turn} turn */
  async deliver(turn) {
    const { item, line } = turn;
    line.state = 'sending';
    turn.tries += 1;
    this.changed();
    const session = this.session ?? (await this.open());
    if (!this.turns.includes(turn)) return; // forgotten meanwhile
    item.after ??= this.base.length;
    this.keep(turn);
    this.stop = new AbortController();
    const message = { id: item.id, ...(item.button === undefined ? { text: item.text } : { button: item.button }) };
    let count = 0;
    for await (const reply of this.api.say(session.token, message, this.stop)) {
      if (!same(turn.replies[count], reply)) turn.replies[count] = { ...reply, at: Date.now(), fresh: true };
      count += 1;
      line.state = 'sent';
      this.connection = 'ok';
      this.changed();
    }
    turn.replies.length = count;
    this.finish(turn);
  }

  /** @param {Turn} turn whose reply has come to its end */
  finish(turn) {
    if (!this.turns.includes(turn)) return;
    delete turn.line.state;
    this.turns = this.turns.filter((each) => each !== turn);
    this.base = turn.item.text?.trim() === '/restart' ? turn.replies : [...this.base, turn.line, ...turn.replies];
    this.store.set('times', this.base.map((line) => line.at));
    this.store.remove(`out:${turn.item.id}`);
    if (turn.tries > 1) this.stale += 1; // after a retry the history has the last word
    this.looking = setTimeout(() => this.look(), LOOK_MS);
  }

  /** Whether what was just said has ended the conversation: only the server knows. */
  async look() {
    const { session } = this;
    if (!session || this.working) return;
    const problem = await this.api.problem(session.token);
    if (problem?.kind !== 'gone' || this.working || this.session?.token !== session.token) return;
    this.leave();
    this.empty('ended');
  }

  /**
   * What follows when something did not succeed.
   * @param {Problem} problem @param {Turn | undefined} turn @param {number} failures in a row
   * @returns {Promise<boolean>} whether the same is tried again
   */
  async cope(problem, turn, failures) {
    if (problem.kind === 'gone' && failures <= MOST_MOVES) {
      this.moveOn();
      return true;
    }
    const unheard = problem.kind === 'network' || problem.kind === 'blocked';
    const other = unheard ? await this.api.problem(this.session?.token ?? '') : problem;
    const isThere = other?.kind !== 'network' && other?.kind !== 'blocked';
    const wait = pauseAfter(problem, failures, isThere, Math.random());
    if (wait === null) {
      this.stale = 0;
      if (turn) {
        const why = unheard ? 'blocked' : '';
        Object.assign(turn.line, { state: 'failed', words: problem.words, why });
        Object.assign(turn.item, { failed: problem.words, why });
        this.keep(turn);
      }
      return false;
    }
    if (turn && !turn.replies.length) {
      Object.assign(turn.line, { state: 'waiting', words: problem.kind === 'busy' ? problem.words : '' });
    }
    if (problem.kind === 'refused') this.connection = 'refused';
    if (unheard && !isThere) {
      this.connection = this.isOnline() ? 'lost' : 'offline';
      if (await this.api.refuses()) this.connection = 'refused';
    }
    this.changed();
    if (!turn || this.turns.includes(turn)) await this.pause(wait, problem.waitMs > 0);
    return true;
  }

  /** Nothing of the conversation is kept here. */
  leave() {
    for (const name of ['session', 'times']) this.store.remove(name);
    this.store.clear('letter:');
    this.base = [];
    this.stale = 0;
  }

  /** The conversation is gone on the server: what waits goes into a new one. */
  moveOn() {
    this.leave();
    this.note('ended');
    for (const turn of this.turns) {
      const { id, at, shown } = turn.item;
      turn.item = { id, at, shown, text: turn.item.text ?? shown }; // its button is not known there
      turn.replies = [];
    }
  }

  /** @param {number} ms @param {boolean} fixed whether nothing may shorten it @returns {Promise<void>} */
  pause(ms, fixed) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        if (fixed && this.turns.length) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** @param {Item} item @returns {Turn} */
function newTurn(item) {
  /** @type {Line} */
  const line = { from: 'person', text: item.shown, buttons: [], sources: [], kind: '', at: item.at, state: 'waiting', words: '' };
  if (item.failed !== undefined) Object.assign(line, { state: 'failed', words: String(item.failed), why: item.why });
  return { item, line, replies: [], tries: 0 };
}

/** Unique in a conversation is enough; `randomUUID` is missing on plain http and in older browsers. */
function newId() {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}`.slice(0, 64);
}
