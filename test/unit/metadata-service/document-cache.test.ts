import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DocumentCache } from '../../../src/metadata-service/document-cache.ts';

/** Each making of documents is a new one. */
function counted(there = true) {
  const asked: string[] = [];
  const cache = new DocumentCache(async (instance) => {
    asked.push(instance);
    return there ? new Map([[`${asked.length}`, new Uint8Array()]]) : undefined;
  });
  return { asked, cache };
}

test('documents are made once for who asks again at once, and anew before a second has passed', async () => {
  const { asked, cache } = counted();
  const first = await cache.get('one', 0);
  assert.equal(await cache.get('one', 899), first);
  assert.notEqual(await cache.get('one', 999), first);
  assert.deepEqual(asked, ['one', 'one']);
});

test('where the records tell that nothing has changed, documents are kept; where something has, they are not', async () => {
  let version = 1;
  let made = 0;
  const cache = new DocumentCache(
    async () => new Map([[`${++made}`, new Uint8Array()]]),
    () => version,
  );
  const first = await cache.get('one', 0);
  assert.equal(await cache.get('one', 5000), first);
  version = 2;
  assert.equal(await cache.get('one', 5899), first); // 0.9 s after they were known to be right
  assert.notEqual(await cache.get('one', 5900), first);
  assert.equal(made, 2);
});

test('who asks while they are being made waits for the same ones', async () => {
  const { asked, cache } = counted();
  const [first, second] = await Promise.all([cache.get('one', 0), cache.get('one', 1)]);
  assert.equal(first, second);
  assert.equal(asked.length, 1);
});

test("one instance is never given another's", async () => {
  const { asked, cache } = counted();
  assert.notEqual(await cache.get('one', 0), await cache.get('two', 0));
  assert.deepEqual(asked, ['one', 'two']);
});

test('an instance that is not there is looked for again', async () => {
  const { asked, cache } = counted(false);
  assert.equal(await cache.get('one', 0), undefined);
  assert.equal(await cache.get('one', 1), undefined);
  assert.equal(asked.length, 2);
});

test('a failure is not kept', async () => {
  let calls = 0;
  const cache = new DocumentCache(async () => {
    calls += 1;
    if (calls === 1) throw new Error('busy');
    return new Map();
  });
  await assert.rejects(cache.get('one', 0), /busy/);
  assert.deepEqual(await cache.get('one', 1), new Map());
});

test('of endless instances the oldest are forgotten', async () => {
  const { asked, cache } = counted();
  for (let number = 0; number < 600; number += 1) await cache.get(`${number}`, 0);
  await cache.get('599', 1);
  assert.equal(asked.length, 600);
  await cache.get('0', 1);
  assert.equal(asked.length, 601);
});

test('documents that nobody asks for are forgotten, also where another guest asks all the time', async () => {
  let made = 0;
  const make = async () => {
    made += 1;
    return new Map([['made', Buffer.from(String(made))]]);
  };
  const cache = new DocumentCache(make, () => 1);
  await cache.get('busy', 0);
  await cache.get('quiet', 0);
  await cache.get('busy', 1000);
  await cache.get('quiet', 1001);
  assert.equal(made, 3);
});
