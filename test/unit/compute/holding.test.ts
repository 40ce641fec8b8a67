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
