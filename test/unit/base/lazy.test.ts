import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lazy } from '../../../src/base/index.ts';

test('a value is made by who first asks, once for all who ask', async () => {
  let times = 0;
  const lazy = new Lazy(async () => ({ number: ++times }));
  assert.equal(await lazy.made(), undefined);
  assert.equal(times, 0);
  const [first, second] = await Promise.all([lazy.get(), lazy.get()]);
  assert.equal(first, second);
  assert.equal(await lazy.made(), first);
  assert.equal(times, 1);
});

test('who asks hears why it could not be made', async () => {
  const lazy = new Lazy(async () => Promise.reject(new Error('no')));
  await assert.rejects(lazy.get(), /no/);
  await assert.rejects(lazy.get(), /no/);
});
