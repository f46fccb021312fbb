/** Text as the server sends it -> what it is made of. Pure: no nodes here. */

const ADDRESS = /https:\/\/[^\s<>"]+/g;
const ITEM = /^(?:(\d{1,3})\.|•)\s+(.*)$/;

/**
 * @typedef {{text: string, address?: string}} Part of a line; with an address it is a link
 * @typedef {{tag: 'p' | 'ol' | 'ul', start?: string, lines: Part[][]}} Block a paragraph's lines or a list's items
 */

/** Text with its https addresses as links. @param {string} text @returns {Part[]} */
export function linked(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = withoutPunctuation(match[0]);
    if (!isPlain(address)) continue;
    const start = match.index ?? 0;
    parts.push({ text: text.slice(end, start) }, { text: address, address });
    end = start + address.length;
  }
  parts.push({ text: text.slice(end) });
  return parts.filter((part) => part.text);
}

/** @param {string} address @returns {string} */
function withoutPunctuation(address) {
  const short = address.replace(/[\].,;:!?'’”»…]+$/, '');
  const isOpen = short.split('(').length >= short.split(')').length;
  return isOpen || !short.endsWith(')') ? short : withoutPunctuation(short.slice(0, -1));
}

/** Whether an address is https and leads where it seems to. @param {string | null} address */
export function isPlain(address) {
  try {
    const { protocol, username, password } = new URL(address ?? '');
    return protocol === 'https:' && !username && !password;
  } catch {
    return false;
  }
}

/** Paragraphs and lists of a text. @param {string} text @returns {Block[]} */
export function blocks(text) {
  /** @type {Block[]} */
  const found = [];
  let open = false; // whether the next line goes on in the last paragraph
  for (const line of text.split('\n')) {
    const last = found[found.length - 1];
    const [, number, words] = line.match(ITEM) ?? [];
    const isItem = words !== undefined;
    const tag = !isItem ? 'p' : number ? 'ol' : 'ul';
    if (isItem ? last?.tag === tag : line.trim() && open) last.lines.push(linked(isItem ? words : line));
    else if (isItem) found.push({ tag, start: number, lines: [linked(words)] });
    else if (line.trim()) found.push({ tag, lines: [linked(line)] });
    open = !isItem && line.trim() !== '';
  }
  return found;
}

/** @param {string} text @returns {number} */
export function countWords(text) {
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** A short name for a text, the same on every page load (FNV-1a). @param {string} text @returns {string} */
export function nameOf(text) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return `${text.length.toString(36)}-${(hash >>> 0).toString(36)}`;
}

/**
 * Characters beyond a limit, as the server counts them.
 * @param {string} text @param {number} most @returns {number} above zero if it is too long
 */
export function excess(text, most) {
  return text.length <= most ? 0 : [...text].length - most;
}

/**
 * A language that we have, by what somebody asks for first.
 * @param {string[]} known @param {(string | null | undefined)[]} asked
 * @returns {string}
 */
export function languageOf(known, ...asked) {
  const found = (asked.find(Boolean) ?? '').slice(0, 2).toLowerCase();
  return known.includes(found) ? found : 'en';
}
