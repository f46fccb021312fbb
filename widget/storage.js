/** Small values by name, in localStorage, or in memory where the browser forbids or has lost that. */

export class Store {
  /**
   * @param {string} host the server; each has its own values
   * @param {(Storage | Record<string, any>) | null} area localStorage, or null where there is none
   */
  constructor(host, area) {
    this.prefix = `reinstate:${host}:`;
    this.area = area;
    /** @type {Map<string, string>} */ this.memory = new Map();
  }

  /**
   * What the browser itself holds under a name.
   * @param {string} name @returns {string | null}
   */
  read(name) {
    try {
      return this.area?.getItem(this.prefix + name) ?? null;
    } catch {
      return null;
    }
  }

  /**
   * The value, or null. What was cleared behind our back (by the site, by the browser) is still in
   * memory and counts: only the server ends a conversation.
   * @param {string} name @returns {any}
   */
  get(name) {
    for (const text of [this.read(name), this.memory.get(name)]) {
      try {
        if (text) return JSON.parse(text);
      } catch { /* not ours */ }
    }
    return null;
  }

  /** @param {string} name @param {any} value */
  set(name, value) {
    const text = JSON.stringify(value);
    this.memory.set(name, text);
    try {
      this.area?.setItem(this.prefix + name, text);
    } catch {
      this.drop(name); // full: the copy in memory serves this tab, and an old one would mislead
    }
  }

  /** @param {string} name */
  remove(name) {
    this.memory.delete(name);
    this.drop(name);
  }

  /** @param {string} name */
  drop(name) {
    try {
      this.area?.removeItem(this.prefix + name);
    } catch { /* forbidden: nothing is there */ }
  }

  /** @param {string} start @returns {string[]} names that begin so */
  names(start) {
    let keys = /** @type {string[]} */ ([]);
    try {
      keys = Object.keys(this.area ?? {});
    } catch { /* forbidden */ }
    const stored = keys.filter((key) => key.startsWith(this.prefix)).map((key) => key.slice(this.prefix.length));
    return [...new Set([...stored, ...this.memory.keys()])].filter((name) => name.startsWith(start));
  }

  /** @param {string} start */
  clear(start = '') {
    for (const name of this.names(start)) this.remove(name);
  }
}

/**
 * An area of the browser, if it can be used: reading the property alone may throw.
 * @param {'localStorage' | 'sessionStorage'} name @returns {Storage | null}
 */
export function areaOf(name) {
  try {
    const area = window[name];
    area.getItem('');
    return area;
  } catch {
    return null;
  }
}
