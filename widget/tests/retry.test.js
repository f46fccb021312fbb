/** What an answer means, and when it is tried again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONGEST_WAIT_MS, MOST_BLOCKED_TURNS, MOST_FAILED_TURNS, pauseAfter, Problem, problemOf } from '../retry.js';

const ours = (message = 'words', code = 'told') => ({ error: { code, message } });

test('a status means what it says in our own shape only', () => {
  const kind = (status, body) => problemOf(status, body, null).kind;
  assert.deepEqual([400, 413, 429, 500, 503].map((status) => kind(status, ours())), ['bad', 'bad', 'busy', 'failed', 'failed']);
  assert.equal(kind(401, ours('words', 'unauthorized')), 'gone');
  assert.equal(kind(403, ours('words', 'forbidden_origin')), 'refused');
  assert.deepEqual([401, 403].map((status) => kind(status, ours('a gateway', 'AuthorizationFailed'))), ['blocked', 'blocked']);
  for (const strange of [null, {}, [], 'text', { error: 'no' }, { error: { code: 403 } }, { error: { message: 'no code' } }]) {
    assert.deepEqual([400, 401, 403, 404].map((status) => kind(status, strange)), ['blocked', 'blocked', 'blocked', 'blocked']);
    assert.deepEqual([300, 429, 500, 502, 503].map((status) => kind(status, strange)), Array(5).fill('network'));
  }
});

test('a time that is named is waited for, within reason', () => {
  assert.equal(problemOf(429, ours(), '7').waitMs, 7000);
  assert.equal(problemOf(429, ours(), 'Wed, 21 Oct 2026 07:28:00 GMT').waitMs, 0);
  assert.equal(problemOf(503, null, '99999').waitMs, 120_000);
  assert.equal(pauseAfter(problemOf(429, ours(), '7'), 1, true, 0), 7000);
});

test('pauses grow to a bound, for as long as it takes', () => {
  const pauses = [1, 2, 3, 4, 5, 6, 50].map((failures) => pauseAfter(new Problem('network'), failures, false, 0.5));
  assert.deepEqual(pauses, [800, 1600, 3200, 6400, LONGEST_WAIT_MS, LONGEST_WAIT_MS, LONGEST_WAIT_MS]);
});

test('what never works is left to the person', () => {
  assert.equal(pauseAfter(new Problem('bad'), 1, true, 0), null);
  assert.equal(pauseAfter(new Problem('failed'), MOST_FAILED_TURNS, true, 0), null);
  assert.notEqual(pauseAfter(new Problem('failed'), MOST_FAILED_TURNS - 1, true, 0), null);
});

test('one message that the way refuses is set aside only where the server can be reached', () => {
  const blocked = new Problem('blocked');
  assert.equal(pauseAfter(blocked, MOST_BLOCKED_TURNS, true, 0), null);
  assert.notEqual(pauseAfter(blocked, MOST_BLOCKED_TURNS - 1, true, 0), null);
  assert.notEqual(pauseAfter(blocked, 99, false, 0), null);
  assert.notEqual(pauseAfter(new Problem('network'), 99, false, 0), null);
});
