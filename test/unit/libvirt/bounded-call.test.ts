// A call of libvirt's that never ends is given up, and one that ends is as it was.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { boundedCall } from '../../../src/libvirt/bounded-call.ts';

test('a call that hangs ends after five minutes with what was called, and nobody knows whether it was done', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const call = boundedCall('attach a device to domain a', () => Promise.withResolvers<void>().promise);
  context.mock.timers.tick(299_999);
  context.mock.timers.tick(1);
  await assert.rejects(call, (error) => {
    assert.ok(isFault(error, 'LIBVIRT_CALL_TIMEOUT'));
    assert.equal(error.message, 'Timed out after 300 s waiting for libvirt to attach a device to domain a');
    assert.equal(error.outcome, 'unknown');
    return true;
  });
});

test('a call without a deadline of its own is left to whoever bounds it', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { promise, resolve } = Promise.withResolvers<string>();
  const call = boundedCall('save domain a', () => promise, Number.POSITIVE_INFINITY);
  context.mock.timers.tick(86_400_000);
  resolve('saved');
  assert.equal(await call, 'saved');
});

test('what the addon fails with is told as ever', async () => {
  const failing = () => Promise.reject(Object.assign(new Error('full'), { failure: 'full' }));
  await assert.rejects(boundedCall('do it', failing), (error) => isFault(error, 'LIBVIRT_QUEUE_FULL'));
});
