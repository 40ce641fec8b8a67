import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireState } from '../../../src/compute/holding.ts';
import { anInstance } from '../store/an-instance.ts';

test('what the state of an instance forbids is told with a cure that names it', () => {
  const instance = anInstance({ name: 'brave-owl' });
  assert.throws(() => requireState(instance, 'exec', 'stopped'), {
    code: 'INSTANCE_STATE_CONFLICT',
    hint: 'Start it first: novalet start brave-owl',
  });
  assert.throws(() => requireState(instance, 'exec', 'error'), {
    hint: 'See why with novalet show brave-owl; novalet delete brave-owl removes it.',
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
