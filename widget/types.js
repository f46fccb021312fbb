/**
 * What the modules speak of. Types only; nothing of this is served.
 *
 * @typedef {{title: string, payload: string}} Button
 * @typedef {{title: string, address: string | null}} Source
 * @typedef {{text: string, buttons: Button[], sources: Source[], kind: '' | 'letter'}} Said
 *   What stands in one message, whoever wrote it.
 * @typedef {Said & {from: 'person' | 'bot', at?: number, fresh?: boolean, pressed?: boolean,
 *   state?: 'sending' | 'sent' | 'waiting' | 'failed', words?: string, why?: '' | 'blocked'}} Line
 *   One message as it is shown. `state` only while the server has not confirmed it, `words` is what
 *   the server said of that, `why` what we say of it; `fresh`: it came just now, not from the history.
 * @typedef {{id: string, text?: string, button?: string, shown: string, at: number,
 *   after?: number, failed?: string, why?: '' | 'blocked'}} Item
 *   A message in the outbox; `after` is how many lines stood before it when it was first sent.
 * @typedef {{item: Item, line: Line, replies: Line[], tries: number}} Turn
 * @typedef {{token: string, conversation: string}} Session
 * @typedef {typeof import('./i18n/en.json')} Words
 * @typedef {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} Area
 */
export {};
