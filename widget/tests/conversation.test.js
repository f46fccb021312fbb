/** The outbox and its loop, against a server of the test's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf } from '../api.js';
import { Conversation } from '../conversation.js';
import { Problem } from '../retry.js';
import { Store } from '../storage.js';

/** Answers as it is told; what it has no word for, it answers with the message itself. */
class Server {
  constructor() {
    this.ids = [];
    this.opened = 0;
    /** @type {any[]} */ this.said = [];
    /** @type {(id: string, text: string) => Problem | undefined} */ this.refusal = () => undefined;
    /** @type {() => Problem | null} */ this.state = () => null;
    this.renewed = () => {};
  }
  async open() {
    this.opened += 1;
    this.said = [];
    return { token: `t${this.opened}`, conversation: `web-${this.opened}` };
  }
  async history() { return [...this.said]; }
  async problem() { return this.state(); }
  async refuses() { return false; }
  async forget() {}
  async *say(token, { id, text, button }) {
    this.ids.push(id);
    const problem = this.refusal(id, text ?? button);
    if (problem) throw problem;
    const reply = lineOf('bot', { text: `re: ${text ?? button}` });
    this.said.push(lineOf('person', { text: text ?? button }), reply);
    yield reply;
  }
}

const texts = (talk) => talk.lines.map(({ from, text, state }) => `${from}: ${text}${state ? ` (${state})` : ''}`);

/** Let everything happen that waits, pauses included. */
async function settle(t, talk) {
  for (let round = 0; round < 200 && (talk.working || round < 5); round += 1) {
    for (let step = 0; step < 20; step += 1) await Promise.resolve();
    t.mock.timers.tick(500);
  }
}

function begin(t) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const server = new Server();
  const talk = new Conversation(server, new Store('test', null), () => {}, () => true);
  return { server, talk };
}

test('messages go out in their order, and the outbox is empty after them', async (t) => {
  const { server, talk } = begin(t);
  talk.say('one');
  talk.press({ title: 'Two', payload: '/two' });
  await settle(t, talk);
  assert.deepEqual(texts(talk), ['person: one', 'bot: re: one', 'person: Two', 'bot: re: /two']);
  assert.equal(server.opened, 1);
  assert.equal(talk.hasUnsent, false);
});

test('what the network loses is sent again with the same id', async (t) => {
  const { server, talk } = begin(t);
  let left = 3;
  server.refusal = () => (left-- > 0 ? new Problem('network') : undefined);
  talk.say('one');
  await settle(t, talk);
  assert.equal(server.ids.length, 4);
  assert.equal(new Set(server.ids).size, 1);
});

test('a message that a firewall refuses is set aside, and the next goes through', async (t) => {
  const { server, talk } = begin(t);
  server.refusal = (_, text) => (text === 'bad words' ? new Problem('blocked') : undefined);
  talk.say('bad words');
  talk.say('good words');
  await settle(t, talk);
  const [aside] = talk.lines.filter(({ state }) => state === 'failed');
  assert.deepEqual([aside.text, aside.why], ['bad words', 'blocked']);
  assert.deepEqual(texts(talk), ['person: bad words (failed)', 'person: good words', 'bot: re: good words'], 'it stays in its place');
  talk.discard(aside);
  assert.equal(talk.hasUnsent, false);
});

test('as long as nothing is there at all, every message waits', async (t) => {
  const { server, talk } = begin(t);
  server.refusal = () => new Problem('blocked');
  server.state = () => new Problem('blocked');
  talk.say('one');
  talk.say('two');
  await settle(t, talk);
  assert.deepEqual(talk.turns.map(({ line }) => line.state), ['waiting', 'waiting']);
  assert.equal(talk.connection, 'lost');
  server.refusal = () => undefined;
  await settle(t, talk);
  assert.equal(talk.hasUnsent, false);
});

test('only a "gone" of ours ends a conversation; what waits goes into a new one', async (t) => {
  const { server, talk } = begin(t);
  talk.say('one');
  await settle(t, talk);
  let gone = 1;
  server.refusal = () => (gone-- > 0 ? new Problem('gone') : undefined);
  talk.press({ title: 'Two', payload: '/two' });
  await settle(t, talk);
  assert.deepEqual(texts(talk), ['person: Two', 'bot: re: Two']);
  assert.deepEqual([talk.notice, server.opened, talk.session?.token], ['ended', 2, 't2']);
});

test('after a reply it is looked once whether the conversation is still there', async (t) => {
  const { server, talk } = begin(t);
  talk.say('forget me');
  await settle(t, talk);
  assert.equal(talk.lines.length, 2, 'the words alone delete nothing');
  server.state = () => new Problem('gone');
  talk.say('anything');
  await settle(t, talk);
  assert.deepEqual([talk.lines, talk.notice, talk.session], [[], 'ended', null]);
});

test('a clock that is set back does not turn the order', (t) => {
  const { talk } = begin(t);
  t.mock.timers.setTime(100_000);
  talk.say('one');
  t.mock.timers.setTime(50_000);
  talk.say('two');
  const [one, two] = talk.turns;
  assert.ok(one.item.at < two.item.at);
});

test('what a waiting message is discarded from goes on', async (t) => {
  const { server, talk } = begin(t);
  server.refusal = (_, text) => (text === 'one' ? new Problem('network') : undefined);
  server.state = () => new Problem('network');
  talk.say('one');
  talk.say('two');
  for (let step = 0; step < 50; step += 1) await Promise.resolve();
  talk.discard(talk.lines[0]);
  await settle(t, talk);
  assert.deepEqual(texts(talk), ['person: two', 'bot: re: two']);
});

test('another tab that empties the whole storage ends nothing, one that forgets does', async (t) => {
  const { talk } = begin(t);
  talk.say('one');
  await settle(t, talk);
  talk.heed({ key: null, newValue: null });
  assert.equal(talk.lines.length, 2);
  talk.heed({ key: 'reinstate:test:session', newValue: null });
  assert.deepEqual([talk.lines, talk.notice], [[], 'ended']);
});
