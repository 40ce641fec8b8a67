import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asFault, Fault } from '../../../src/base/index.ts';

test('what failed first is told, not the clearing up that failed after it', async () => {
  const first = new Fault('unavailable', 'GUEST_REBOOTED', 'It rebooted', { outcome: 'unknown' });
  const work = async () => {
    await using _outer = { [Symbol.asyncDispose]: async () => Promise.reject(new Error('outer')) };
    await using _inner = { [Symbol.asyncDispose]: async () => Promise.reject(new Error('inner')) };
    throw first;
  };
  const thrown: unknown = await work().catch((error: unknown) => error);
  assert.notEqual(thrown, first);
  assert.equal(asFault(thrown), first);
});
