import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  hasEnded,
  type ProcessIdentity,
  type ProcessSight,
  readStat,
} from '../../../src/store/process-identity.ts';

const self: ProcessIdentity = { pid: 10, startTime: '500', bootId: 'b1', pidNamespace: 'pid:[1]' };
const owner: ProcessIdentity = { ...self, pid: 20, startTime: '700' };

function seen(sight: ProcessSight): () => ProcessSight {
  return () => sight;
}

test('a process with the same pid and start time lives', () => {
  assert.equal(hasEnded(owner, self, seen({ kind: 'there', startTime: '700' })), false);
});

test('a pid that nobody has, a zombie, and a pid given to a later process mean that the owner has ended', () => {
  assert.equal(hasEnded(owner, self, seen({ kind: 'gone' })), true);
  assert.equal(hasEnded(owner, self, seen({ kind: 'zombie' })), true);
  assert.equal(hasEnded(owner, self, seen({ kind: 'there', startTime: '701' })), true);
});

test('after a reboot every owner has ended, whatever the pid shows now', () => {
  const before = { ...owner, bootId: 'b0' };
  assert.equal(hasEnded(before, self, seen({ kind: 'there', startTime: '700' })), true);
  assert.equal(hasEnded({ ...before, pidNamespace: 'pid:[2]' }, self, seen({ kind: 'gone' })), true);
});

test('what cannot be seen counts as alive: another pid namespace, a hidden /proc', () => {
  assert.equal(hasEnded({ ...owner, pidNamespace: 'pid:[2]' }, self, seen({ kind: 'gone' })), false);
  assert.equal(hasEnded(owner, self, seen({ kind: 'hidden' })), false);
});

test('the start time is found behind a name with blanks and brackets', () => {
  const tail = 'S 1 20 20 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 123456 1000 10';
  assert.deepEqual(readStat(`20 (a) b (c)) ${tail}`), { kind: 'there', startTime: '123456' });
  assert.deepEqual(readStat(`20 (node) ${tail.replace('S', 'Z')}`), { kind: 'zombie' });
  assert.deepEqual(readStat('20 (node)'), { kind: 'hidden' });
});
