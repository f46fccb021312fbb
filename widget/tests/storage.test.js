/** Storage that works, is full, is forbidden, or is emptied behind our back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../storage.js';

/** As localStorage: values are own keys, methods are not. */
class Area {
  getItem(name) { return Object.hasOwn(this, name) ? this[name] : null; }
  setItem(name, value) { this[name] = value; }
  removeItem(name) { delete this[name]; }
}

test('values stand under the server\'s own prefix', () => {
  const area = new Area();
  const store = new Store('a.example', area);
  store.set('session', { token: 't' });
  assert.deepEqual(Object.keys(area), ['reinstate:a.example:session']);
  assert.deepEqual(new Store('a.example', area).get('session'), { token: 't' });
  assert.equal(new Store('b.example', area).get('session'), null);
  assert.deepEqual(store.names('ses'), ['session']);
});

test('nothing is kept that was removed, not even when the storage was full before', () => {
  const area = new Area();
  const store = new Store('a', area);
  store.set('session', 1);
  area.setItem = () => { throw new Error('full'); };
  store.set('session', 2);
  assert.deepEqual(Object.keys(area).filter((key) => key.startsWith('reinstate')), []);
  assert.equal(store.get('session'), 2);
  store.clear();
  assert.equal(store.get('session'), null);
});

test('what the site or the browser clears is still there for this page', () => {
  const area = new Area();
  const store = new Store('a', area);
  store.set('session', 1);
  for (const key of Object.keys(area)) delete area[key];
  assert.equal(store.get('session'), 1);
  assert.deepEqual(store.names(''), ['session']);
});

test('without storage, and with broken values, it works from memory', () => {
  const throwing = { getItem() { throw new Error('forbidden'); }, setItem() { throw new Error('forbidden'); }, removeItem() { throw new Error('forbidden'); } };
  for (const area of [null, throwing]) {
    const store = new Store('a', area);
    store.set('x', [1]);
    assert.deepEqual(store.get('x'), [1]);
    store.remove('x');
    assert.equal(store.get('x'), null);
  }
  const area = new Area();
  area.setItem('reinstate:a:x', 'no json');
  assert.equal(new Store('a', area).get('x'), null);
});
