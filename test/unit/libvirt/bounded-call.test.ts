// A call of libvirt's that never ends is given up, and one that ends is as it was.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, isFault } from '../../../src/base/index.ts';
import { boundedCall, callLimits, UNBOUNDED } from '../../../src/libvirt/bounded-call.ts';

const answers = callLimits(() => Promise.resolve());
const hang = () => Promise.withResolvers<void>().promise;

test('a call that hangs ends after five minutes with what was called, and nobody knows whether it was done', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const call = boundedCall('attach a device to domain a', hang, answers, { domain: 'a' });
  context.mock.timers.tick(299_999);
  context.mock.timers.tick(1);
  await assert.rejects(call, (error) => {
    assert.ok(isFault(error, 'LIBVIRT_CALL_TIMEOUT'));
    assert.equal(
      error.message,
      'Timed out after 300 s waiting for libvirt to attach a device to domain a; it answers other calls',
    );
    assert.equal(error.outcome, 'unknown');
    assert.deepEqual(error.details, {
      call: 'attach a device to domain a',
      timeoutMs: 300_000,
      answersOthers: true,
    });
    assert.match(error.hint ?? '', /virsh domcontrol a and virsh domjobinfo a tell; .*qemu\/a\.log/);
    return true;
  });
});

test('where libvirtd answers nobody else either, that is said, and it is the place to look', async () => {
  const why = new Fault(
    'timeout',
    'LIBVIRT_OPEN_TIMEOUT',
    'Timed out after 5 s waiting for libvirt to answer',
  );
  const limits = callLimits(() => Promise.reject(why), 1);
  await assert.rejects(boundedCall('find domain a', hang, limits), (error) => {
    assert.ok(isFault(error, 'LIBVIRT_CALL_TIMEOUT'));
    assert.match(
      error.message,
      /find domain a; it answers no other call either: Timed out after 5 s waiting/,
    );
    assert.equal(error.details['answersOthers'], false);
    assert.match(error.hint ?? '', /^libvirtd itself hangs/);
    return true;
  });
});

test('a call without a deadline of its own is left to whoever bounds it', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { promise, resolve } = Promise.withResolvers<string>();
  const call = boundedCall('save domain a', () => promise, answers, { timeoutMs: UNBOUNDED });
  context.mock.timers.tick(86_400_000);
  resolve('saved');
  assert.equal(await call, 'saved');
});

test('what the addon fails with is told as ever', async () => {
  const failing = () => Promise.reject(Object.assign(new Error('full'), { failure: 'full' }));
  await assert.rejects(boundedCall('do it', failing, answers), (error) =>
    isFault(error, 'LIBVIRT_QUEUE_FULL'),
  );
});
