import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import {
  changedMetadata,
  changedTags,
  changeRecord,
  lockInstance,
  unlockInstance,
} from '../../../../src/compute/life/record-changes.ts';
import type { Tools } from '../../../../src/compute/tools.ts';
import { openStore } from '../../../../src/store/index.ts';
import { anInstance } from '../../store/an-instance.ts';

test('entries are set and removed, and the rest stays', () => {
  assert.deepEqual(changedMetadata({ a: '1', b: '2', c: '3' }, { b: 'two', c: null, d: '4', e: null }), {
    a: '1',
    b: 'two',
    d: '4',
  });
});

test('metadata that no document takes are refused', () => {
  assert.throws(
    () => changedMetadata({}, { 'not/a key': '1' }),
    (error) => isFault(error, 'META_KEY_INVALID'),
  );
  assert.throws(
    () => changedMetadata({ a: '1' }, { a: 'x'.repeat(256) }),
    (error) => isFault(error, 'META_VALUE_TOO_LONG'),
  );
});

test('tags come and go, in order and once; one that is to go and to come stays', () => {
  assert.deepEqual(changedTags(['b', 'c'], { addTags: ['a', 'b', 'c'], removeTags: ['c', 'zzz'] }), [
    'a',
    'b',
    'c',
  ]);
  assert.deepEqual(changedTags(['b', 'c'], { removeTags: ['b'] }), ['c']);
  assert.throws(
    () => changedTags([], { addTags: ['a,b'] }),
    (error) => isFault(error, 'TAG_INVALID'),
  );
});

test('a lock keeps the record from being changed, says why, is replaced by another, and taken off', () => {
  using store = openStore(':memory:');
  const tools = { store } as unknown as Tools;
  store.instances.insert(anInstance({ id: 'one', name: 'web', vmState: 'active' }));
  lockInstance(tools, 'web', { reason: 'first' });
  assert.equal(lockInstance(tools, 'web', { reason: 'in the books' }).lock?.reason, 'in the books');
  assert.throws(
    () => changeRecord(tools, 'web', { addTags: ['blue'] }),
    (error) => isFault(error, 'INSTANCE_LOCKED') && /in the books/.test(error.message),
  );
  assert.deepEqual(store.instances.find('web').tags, []);
  assert.equal(unlockInstance(tools, 'web').lock, null);
  assert.equal(unlockInstance(tools, 'web').lock, null);
  assert.deepEqual(changeRecord(tools, 'web', { addTags: ['blue'] }).tags, ['blue']);
});

test('a change of which one part cannot be is no change', () => {
  using store = openStore(':memory:');
  const tools = { store } as unknown as Tools;
  store.instances.insert(anInstance({ id: 'one', name: 'web', vmState: 'active' }));
  const before = store.instances.find('web');
  assert.throws(() => changeRecord(tools, 'web', { metadata: { a: '1' }, addTags: ['a,b'] }));
  assert.deepEqual(store.instances.find('web'), before);
});

test('a reason is one line that is not too long', () => {
  using store = openStore(':memory:');
  const tools = { store } as unknown as Tools;
  store.instances.insert(anInstance({ id: 'one', name: 'web', vmState: 'active' }));
  for (const reason of ['two\nlines', 'x'.repeat(256)]) {
    assert.throws(
      () => lockInstance(tools, 'web', { reason }),
      (error) => isFault(error, 'LOCK_REASON_INVALID'),
    );
  }
  assert.equal(lockInstance(tools, 'web', {}).lock?.reason, null);
});
