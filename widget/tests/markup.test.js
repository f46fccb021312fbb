/** Text -> what it is made of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocks, countWords, excess, isPlain, languageOf, linked, nameOf } from '../markup.js';

const addresses = (text) => linked(text).flatMap(({ address }) => address ?? []);

test('an address ends before the punctuation of the sentence around it', () => {
  assert.deepEqual(addresses('See https://a.example/b_(c), (https://d.example/e).'), ['https://a.example/b_(c)', 'https://d.example/e']);
  assert.deepEqual(linked('one https://a.example two').map(({ text }) => text), ['one ', 'https://a.example', ' two']);
});

test('only https addresses that lead where they seem to are links', () => {
  assert.deepEqual(addresses('http://plain.example javascript:alert(1) https://upwork.com@evil.example/ https://%'), []);
  for (const bad of [null, '', 'nothing', 'javascript:alert(1)', 'http://a.example', 'https://a:b@c.example']) assert.equal(isPlain(bad), false);
  assert.equal(isPlain('https://support.upwork.com/hc'), true);
});

test('without URL.canParse links are links', () => {
  const { canParse } = URL;
  delete URL.canParse;
  try {
    assert.deepEqual(addresses('https://a.example'), ['https://a.example']);
  } finally {
    URL.canParse = canParse;
  }
});

test('paragraphs, lists and their first number', () => {
  const shape = blocks('Steps:\n3. one\n4. two\n\n• three\nplain\nsecond line\n\nlast').map(({ tag, start, lines }) => [tag, start, lines.length]);
  assert.deepEqual(shape, [['p', undefined, 1], ['ol', '3', 2], ['ul', undefined, 1], ['p', undefined, 2], ['p', undefined, 1]]);
  assert.deepEqual(blocks('\n \n'), []);
});

test('words are counted in every script, signs are none', () => {
  assert.equal(countWords('Dear Upwork team,\n\nI – yes, I – paid 200 $.'), 8);
  assert.equal(countWords('تم إيقاف حسابي'), 3);
  assert.equal(countWords(' \n'), 0);
});

test('too long is counted as the server counts: by characters, not halves', () => {
  assert.equal(excess('😀'.repeat(4000), 4000), 0);
  assert.equal(excess('é'.repeat(4003), 4000), 3);
});

test('a text keeps its short name, another has another', () => {
  assert.equal(nameOf('Dear Upwork'), nameOf('Dear Upwork'));
  assert.notEqual(nameOf('Dear Upwork'), nameOf('Dear Upwork!'));
});

test('the first language that is asked for counts, if it is known', () => {
  const known = ['en', 'de', 'pt'];
  assert.equal(languageOf(known, undefined, 'pt-BR', 'de'), 'pt');
  assert.equal(languageOf(known, '', 'xx', 'de'), 'en');
  assert.equal(languageOf(known), 'en');
});
