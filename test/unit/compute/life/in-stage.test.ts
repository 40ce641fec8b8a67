import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, isFault } from '../../../../src/base/index.ts';
import { inStage } from '../../../../src/compute/life/in-stage.ts';
import type { Tools } from '../../../../src/compute/tools.ts';
import type { Instance } from '../../../../src/model/index.ts';

// What is looked at when time runs out: a host without libvirt and without a console's log.
const gone = new Fault('unavailable', 'LIBVIRT_UNREACHABLE', 'libvirt does not answer');
const tools = {
  libvirt: { findDomain: () => Promise.reject(gone) },
  paths: { instances: '/nonexistent' },
} as unknown as Tools;
const instance = { id: 'one', name: 'web', adoption: null } as unknown as Instance;

const never = () => Promise.withResolvers<never>().promise;

test('what ends in time gives its value', async () => {
  const stage = { stage: 'the answer', timeoutMs: 60_000 };
  assert.equal(await inStage(tools, instance, stage, () => Promise.resolve(42)), 42);
});

test('a failure of the act is told as it is', async () => {
  const stage = { stage: 'the answer', timeoutMs: 60_000 };
  await assert.rejects(
    inStage(tools, instance, stage, () => Promise.reject(gone)),
    gone,
  );
});

test('when time runs out the fault names the stage and carries all that was looked at, also what could not be', async () => {
  const looked: string[] = [];
  let fired = false;
  const act = (signal: AbortSignal) => {
    signal.addEventListener('abort', () => (fired = true));
    return never();
  };
  const onTimeout = () => Promise.resolve(void looked.push('taken back'));
  const stage = { stage: 'the domain of web to be saved', timeoutMs: 1, hint: 'look', onTimeout };
  await assert.rejects(inStage(tools, instance, stage, act), (error) => {
    assert.ok(isFault(error, 'STAGE_TIMEOUT'));
    assert.equal(error.kind, 'timeout');
    assert.equal(error.outcome, 'unknown');
    assert.equal(error.hint, 'look');
    assert.equal(error.message, 'Timed out after 1 ms waiting for the domain of web to be saved');
    assert.deepEqual(error.details, {
      stage: 'the domain of web to be saved',
      timeoutMs: 1,
      power: 'not known: libvirt does not answer',
      agent: 'not known: libvirt does not answer',
      lease: 'not known: libvirt does not answer',
      job: 'not known: libvirt does not answer',
      console: 'empty',
    });
    return true;
  });
  assert.deepEqual(looked, ['taken back']);
  assert.ok(fired);
});

test('the time-out of a stage within another is told with its own name', async () => {
  const inner = () => inStage(tools, instance, { stage: 'the inner one', timeoutMs: 1 }, never);
  await assert.rejects(
    inStage(tools, instance, { stage: 'the outer one', timeoutMs: 60_000 }, inner),
    (error) => isFault(error, 'STAGE_TIMEOUT') && error.details['stage'] === 'the inner one',
  );
});

test('the caller who gives up is told so, and nothing is looked at', async () => {
  const gaveUp = new AbortController();
  const stage = { stage: 'the answer', timeoutMs: 60_000, signal: gaveUp.signal };
  const waiting = inStage(tools, instance, stage, never);
  gaveUp.abort();
  await assert.rejects(
    waiting,
    (error) => isFault(error, 'CANCELLED') && error.details['power'] === undefined,
  );
});

test('what cannot be taken back at the end is the cause of the fault', async () => {
  const stage = { stage: 'the answer', timeoutMs: 1, onTimeout: () => Promise.reject(gone) };
  await assert.rejects(
    inStage(tools, instance, stage, never),
    (error) => isFault(error) && error.cause === gone,
  );
});
