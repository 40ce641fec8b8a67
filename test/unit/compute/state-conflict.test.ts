import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observedState } from '../../../src/compute/reconcile.ts';
import {
  cureWhileOff,
  cureWhilePaused,
  requireOn,
  requireState,
  requireUnlocked,
} from '../../../src/compute/state-conflict.ts';
import { type Action, mayBegin, VM_STATES } from '../../../src/model/index.ts';
import { anInstance } from '../store/an-instance.ts';

test('what the state of an instance forbids is told with a cure that names it', () => {
  const instance = anInstance({ name: 'brave-owl' });
  assert.throws(() => requireState(instance, 'exec', 'stopped'), {
    code: 'INSTANCE_STATE_CONFLICT',
    hint: 'Start it first: novalet start brave-owl',
  });
  assert.throws(() => requireState(instance, 'exec', 'error'), {
    hint: 'See why with novalet show brave-owl; novalet reboot --hard brave-owl repairs what can be, novalet delete brave-owl removes it.',
  });
});

test('a password that shall go onto the disk of a running instance is refused in plain words, with both ways out', () => {
  const instance = anInstance({ name: 'brave-owl' });
  assert.throws(() => requireState(instance, 'change-disk', 'active'), {
    code: 'INSTANCE_STATE_CONFLICT',
    message: 'The disk of instance brave-owl cannot be changed offline while it is running',
    hint: 'Leave out --offline to have its agent do it, or stop it first: novalet stop brave-owl',
  });
  assert.throws(() => requireState(instance, 'change-disk', 'building'), {
    hint: 'Wait until it is built: novalet wait brave-owl ACTIVE',
  });
});

test('a locked instance is let alone, but looked at and copied, and the refusal says why and how to go on', () => {
  const instance = anInstance({ name: 'brave-owl', lock: { reason: 'audit', at: '2026-01-01T00:00:00Z' } });
  assert.throws(() => requireUnlocked(instance, 'delete'), {
    code: 'INSTANCE_LOCKED',
    message: 'Cannot delete instance brave-owl: it is locked (audit)',
    hint: 'Take the lock off first: novalet unlock brave-owl',
  });
  for (const action of ['exec', 'create-image', 'unlock'] as const) requireUnlocked(instance, action);
  requireUnlocked(anInstance({}), 'delete');
});

test('what ends a state that the instance is not in says so', () => {
  const instance = anInstance({ name: 'brave-owl' });
  assert.throws(() => requireState(instance, 'unpause', 'active'), {
    message: 'Cannot unpause instance brave-owl while it is running',
    hint: 'There is nothing of the kind to end: novalet show brave-owl',
  });
  assert.throws(() => requireState(instance, 'start', 'active'), { hint: 'It is running already.' });
  assert.throws(() => requireState(instance, 'stop', 'stopped'), { hint: 'It is stopped already.' });
  assert.throws(() => requireState(instance, 'suspend', 'suspended'), { hint: 'It is suspended already.' });
  assert.throws(() => requireState(instance, 'start', 'paused'), {
    hint: 'Unpause it first: novalet unpause brave-owl',
  });
});

const NAMED: readonly (readonly [RegExp, Action])[] = [
  [/novalet start /, 'start'],
  [/novalet unpause /, 'unpause'],
  [/novalet resume /, 'resume'],
  [/novalet unrescue /, 'unrescue'],
  [/novalet resize .* --confirm/, 'resize-confirm'],
  [/novalet unshelve /, 'unshelve'],
  [/novalet reboot --hard /, 'reboot-hard'],
];

test('whatever an instance is, the cure of its guest that is off or paused names nothing that is refused', () => {
  for (const vmState of VM_STATES) {
    const instance = anInstance({ name: 'brave-owl', vmState });
    const cures = [
      ['SHUTDOWN', cureWhileOff(instance)],
      ['PAUSED', cureWhilePaused(instance)],
    ] as const;
    for (const [power, cure] of cures) {
      const actions = NAMED.filter(([words]) => words.test(cure)).map(([, action]) => action);
      const state = observedState(instance, power);
      assert.ok(
        actions.every((action) => mayBegin(action, state)),
        `${state}: ${cure}`,
      );
      if (state !== 'building' && state !== 'deleted') assert.ok(actions.length > 0, cure);
    }
  }
});

test('a rescued guest that is off or paused is told with the end of the rescue', () => {
  const instance = anInstance({ name: 'brave-owl', vmState: 'rescued' });
  for (const [power, word] of [
    ['SHUTDOWN', 'stopped'],
    ['PAUSED', 'paused'],
  ] as const) {
    assert.throws(() => requireOn(instance, 'exec', power), {
      code: 'INSTANCE_STATE_CONFLICT',
      message: `Cannot reach into instance brave-owl while it is ${word}`,
      hint: 'End the rescue first: novalet unrescue brave-owl',
    });
  }
});
