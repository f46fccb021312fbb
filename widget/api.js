/** The web door's HTTP. */
import { Problem, problemOf } from './retry.js';

export const SILENCE_MS = 45_000; // a reply without a byte for so long counts as cut off

/** @typedef {import('./types.js').Said} Said @typedef {import('./types.js').Line} Line */

/** Every method throws a `Problem`. */
export class Api {
  /** @param {string} base the address of the door, with a slash at its end */
  constructor(base) {
    this.base = base;
    /** Called with a token that replaces the present one. */
    this.renewed = (/** @type {string} */ _token) => {};
  }

  /** @returns {Promise<import('./types.js').Session>} */
  async open() {
    const opened = await bodyOf(await this.request('POST', 'session', '', {}));
    if (typeof opened?.token !== 'string' || typeof opened.conversation !== 'string') throw new Problem('network');
    return opened;
  }

  /** @param {string} token @returns {Promise<Line[]>} */
  async history(token) {
    const found = await bodyOf(await this.request('GET', 'history', token));
    if (!Array.isArray(found?.messages)) throw new Problem('network');
    return found.messages.map((/** @type {any} */ message) => lineOf(message.from === 'person' ? 'person' : 'bot', message));
  }

  /** @param {string} token */
  async forget(token) {
    const response = await this.request('DELETE', 'session', token);
    if (response.status !== 204) throw new Problem('network');
  }

  /** What the server says when it is asked for a conversation: nothing, or why not. @param {string} token */
  async problem(token) {
    try {
      const response = await this.request('GET', 'history', token);
      response.body?.cancel().catch(() => {});
      return hasType(response, 'application/json') ? null : new Problem('network');
    } catch (problem) {
      return /** @type {Problem} */ (problem);
    }
  }

  /**
   * Send a message; its reply, line by line.
   * @param {string} token @param {object} message @param {AbortController} stop
   * @returns {AsyncGenerator<Line>}
   */
  async *say(token, message, stop) {
    let timer = 0;
    const listen = () => {
      clearTimeout(timer);
      timer = later(() => stop.abort(), SILENCE_MS);
    };
    listen();
    try {
      const response = await this.request('POST', 'messages', token, message, stop);
      if (!hasType(response, 'application/x-ndjson')) throw new Problem('network');
      for await (const value of jsonLines(response, listen)) {
        if (value?.type === 'done') return;
        if (value?.type === 'message') yield lineOf('bot', value);
      }
      throw new Problem('network');
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * @param {string} method @param {string} path @param {string} token
   * @param {object} [body] @param {AbortController} [stop]
   */
  async request(method, path, token, body, stop) {
    const ends = stop ?? new AbortController();
    const timer = later(() => ends.abort(), SILENCE_MS);
    /** @type {Record<string, string>} */
    const headers = {};
    if (body) headers['Content-Type'] = 'application/json';
    if (token) headers.Authorization = `Bearer ${token}`;
    /** @type {RequestInit} */
    const options = { method, headers, signal: ends.signal, cache: 'no-store', credentials: 'omit' };
    if (body) options.body = JSON.stringify(body);
    try {
      const response = await fetch(this.base + path, options);
      if (!response.ok) {
        const said = await response.json().catch(() => null);
        throw problemOf(response.status, said, response.headers.get('Retry-After'));
      }
      const renewed = response.headers.get('X-Session-Token');
      if (renewed) this.renewed(renewed);
      return response;
    } catch (error) {
      throw error instanceof Problem ? error : new Problem('network');
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Whether a server that does not answer is there all the same: then it refuses this site, which a
   * browser hides from the page. Only what any site may read of it counts as its own word.
   */
  async refuses() {
    if (this.base.startsWith(location.origin + '/') || !navigator.onLine) return false;
    const there = fetch(`${this.base}widget.js`, { method: 'HEAD', cache: 'no-store', credentials: 'omit' });
    return there.then((answer) => answer.ok && /javascript/.test(answer.headers.get('Content-Type') ?? ''), () => false);
  }
}

/** @param {() => void} act @param {number} ms @returns {number} */
function later(act, ms) {
  return /** @type {any} */ (setTimeout(act, ms));
}

/** @param {Response} response @param {string} type */
function hasType(response, type) {
  return (response.headers.get('Content-Type') ?? '').startsWith(type);
}

/** @param {Response} response @returns {Promise<any>} */
async function bodyOf(response) {
  return response.json().catch(() => {
    throw new Problem('network');
  });
}

/** @param {Response} response @param {() => void} heard called with every piece that arrives @returns {AsyncGenerator<any>} */
async function* jsonLines(response, heard) {
  if (!response.body) throw new Problem('network');
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      heard();
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line) yield JSON.parse(line);
    }
  } catch {
    throw new Problem('network');
  } finally {
    reader.read().catch(() => {}); // the end behind the last line: the connection stays usable
  }
}

/**
 * A line from what the server sent, in whatever state that is.
 * @param {Line['from']} from @param {any} message @returns {Line}
 */
export function lineOf(from, message) {
  /** @type {(value: any) => any[]} */
  const list = (value) => (Array.isArray(value) ? value.filter((each) => each && typeof each === 'object') : []);
  return {
    from,
    text: String(message?.text ?? ''),
    buttons: list(message?.buttons).map((b) => ({ title: String(b.title), payload: String(b.payload) })),
    sources: list(message?.sources).map((s) => ({ title: String(s.title), address: typeof s.address === 'string' ? s.address : null })),
    kind: message?.kind === 'letter' ? 'letter' : '',
  };
}

/** Whether two lines say the same. @param {Line | undefined} one @param {Line} other @returns {one is Line} */
export function same(one, other) {
  /** @type {(line: Line) => string} */
  const key = ({ from, text, buttons, sources, kind }) => JSON.stringify([from, text, buttons, sources, kind]);
  return one !== undefined && key(one) === key(other);
}
