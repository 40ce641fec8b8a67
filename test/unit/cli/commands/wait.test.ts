import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { parseCondition } from '../../../../src/cli/commands/wait.ts';

test('conditions and statuses are taken in any case', () => {
  assert.deepEqual(parseCondition('Agent'), { kind: 'agent' });
  assert.deepEqual(parseCondition('cloud-init'), { kind: 'cloud-init' });
  assert.deepEqual(parseCondition('shutoff'), { kind: 'status', status: 'SHUTOFF' });
  assert.deepEqual(parseCondition('running'), { kind: 'status', status: 'ACTIVE' });
});

test('an unknown state is refused with the nearest one', () => {
  assert.throws(
    () => parseCondition('ACTVIE'),
    (error: unknown) => isFault(error, 'OPTION_INVALID') && /Did you mean ACTIVE\?/.test(error.hint ?? ''),
  );
});
