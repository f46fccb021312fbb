/** Why a request did not succeed, and what follows from it. Pure. */

export const FIRST_WAIT_MS = 800;
export const LONGEST_WAIT_MS = 10_000;
export const LONGEST_NAMED_WAIT_MS = 120_000; // what a server may ask for
export const MOST_FAILED_TURNS = 8;   // a turn that fails so often waits for the person
export const MOST_BLOCKED_TURNS = 4;  // one that something on the way refuses, while the server can be reached

/**
 * Why a request did not succeed.
 *
 * `network`: no answer, or not from our server. `blocked`: somebody else, a firewall say, refused it.
 * The rest is said by our server in the shape of its errors: `refused` this site, `gone` the
 * conversation, `busy` later, `failed` the turn, `bad` it will never work.
 * @typedef {'network' | 'blocked' | 'refused' | 'gone' | 'busy' | 'failed' | 'bad'} Kind
 */
export class Problem extends Error {
  /** @param {Kind} kind @param {string} words what the server says of it @param {number} waitMs to wait at least */
  constructor(kind, words = '', waitMs = 0) {
    super(words || kind);
    this.kind = kind;
    this.words = words;
    this.waitMs = waitMs;
  }
}

/** What ends a conversation or blames the site counts with our server's own word for it only. @type {Record<number, string>} */
const OURS = { 401: 'unauthorized', 403: 'forbidden_origin' };

/**
 * What an answer that is no success means. Only a body in our own shape means what its status says:
 * anything else comes from a proxy, a firewall or a hotel's login page.
 * @param {number} status @param {any} body parsed JSON, or null @param {string | null} retryAfter
 * @returns {Problem}
 */
export function problemOf(status, body, retryAfter) {
  const waitMs = Math.min(LONGEST_NAMED_WAIT_MS, 1000 * Number(retryAfter ?? 0)) || 0;
  const { code, message } = body?.error ?? {};
  if (typeof code !== 'string' || typeof message !== 'string' || code !== (OURS[status] ?? code)) {
    return new Problem(status >= 400 && status < 500 && status !== 429 ? 'blocked' : 'network', '', waitMs);
  }
  /** @type {Record<number, Kind>} */
  const kinds = { 401: 'gone', 403: 'refused', 429: 'busy' };
  return new Problem(kinds[status] ?? (status >= 500 ? 'failed' : 'bad'), message, waitMs);
}

/**
 * How long to wait before the same is tried again; pauses grow to a bound.
 * @param {Problem} problem @param {number} failures in a row
 * @param {boolean} isThere whether the server answered something else meanwhile
 * @param {number} chance between 0 and 1, so that many browsers do not come back at once
 * @returns {number | null} milliseconds, or null: the person has to decide
 */
export function pauseAfter(problem, failures, isThere, chance) {
  const { kind } = problem;
  if (kind === 'bad' || kind === 'gone') return null;
  if (kind === 'blocked' && isThere && failures >= MOST_BLOCKED_TURNS) return null;
  if ((kind === 'failed' || (isThere && kind !== 'busy' && kind !== 'refused')) && failures >= MOST_FAILED_TURNS) return null;
  const backoff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)) * (0.75 + chance / 2);
  return Math.max(backoff, problem.waitMs);
}
