import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, type FaultKind } from '../../../src/base/index.ts';
import { exitCodeOfGuest } from '../../../src/cli/commands/exec.ts';
import { EXIT_CODES, execExitCodeOf } from '../../../src/cli/exit-codes.ts';

test('every kind of fault has an exit status of its own', () => {
  const statuses = Object.values(EXIT_CODES);
  assert.equal(new Set(statuses).size, statuses.length);
  assert.ok(statuses.every((status) => status > 1 && status < 256));
});

test('exec says 124, 126, 127 and 130 as shells and timeout do, and 125 for everything else', () => {
  const status = (kind: FaultKind, code: string) => execExitCodeOf(new Fault(kind, code, 'x'));
  assert.equal(status('timeout', 'EXEC_TIMEOUT'), 124);
  assert.equal(status('refused', 'EXEC_NOT_EXECUTABLE'), 126);
  assert.equal(status('not-found', 'EXEC_NOT_FOUND'), 127);
  assert.equal(status('cancelled', 'INTERRUPTED'), 130);
  assert.equal(status('not-found', 'INSTANCE_NOT_FOUND'), 125);
  assert.equal(status('invalid', 'USAGE'), 125);
  assert.equal(status('internal', 'INTERNAL'), 125);
  assert.equal(status('timeout', 'AGENT_UNRESPONSIVE'), 125);
});

test("the guest's own status goes through, and a signal becomes 128 and its number", () => {
  assert.equal(exitCodeOfGuest({ exitCode: 0, signal: null }), 0);
  assert.equal(exitCodeOfGuest({ exitCode: 42, signal: null }), 42);
  assert.equal(exitCodeOfGuest({ exitCode: null, signal: 'SIGKILL' }), 137);
  assert.equal(exitCodeOfGuest({ exitCode: null, signal: 'SIGTERM' }), 143);
});
