import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiStatus, observedState } from '../../../src/compute/reconcile.ts';
import type { Instance, PowerState, TaskState, VmState } from '../../../src/model/index.ts';
import { anInstance } from '../store/an-instance.ts';

function instance(vmState: VmState, taskState: TaskState = null): Instance {
  return anInstance({ vmState, taskState });
}

const table: readonly [VmState, TaskState, PowerState, VmState, string][] = [
  ['building', 'spawning', 'NOSTATE', 'building', 'BUILD'],
  ['active', null, 'RUNNING', 'active', 'ACTIVE'],
  ['active', null, 'PAUSED', 'paused', 'PAUSED'],
  ['paused', null, 'PAUSED', 'paused', 'PAUSED'],
  ['paused', null, 'RUNNING', 'active', 'ACTIVE'],
  ['paused', null, 'SHUTDOWN', 'stopped', 'SHUTOFF'],
  ['suspended', null, 'SHUTDOWN', 'suspended', 'SUSPENDED'],
  ['suspended', null, 'RUNNING', 'active', 'ACTIVE'],
  ['rescued', null, 'RUNNING', 'rescued', 'RESCUE'],
  ['resized', null, 'RUNNING', 'resized', 'VERIFY_RESIZE'],
  ['resized', 'resize_reverting', 'RUNNING', 'resized', 'REVERT_RESIZE'],
  ['shelved', null, 'NOSTATE', 'shelved', 'SHELVED'],
  ['shelved_offloaded', null, 'NOSTATE', 'shelved_offloaded', 'SHELVED_OFFLOADED'],
  ['active', 'rebuilding', 'SHUTDOWN', 'stopped', 'REBUILD'],
  ['deleted', null, 'NOSTATE', 'deleted', 'DELETED'],
  ['active', null, 'SUSPENDED', 'active', 'SUSPENDED'],
  ['active', null, 'SHUTDOWN', 'stopped', 'SHUTOFF'],
  ['active', null, 'CRASHED', 'stopped', 'SHUTOFF'],
  ['active', null, 'NOSTATE', 'stopped', 'SHUTOFF'],
  ['active', 'rebooting', 'RUNNING', 'active', 'REBOOT'],
  ['active', 'rebooting_hard', 'RUNNING', 'active', 'HARD_REBOOT'],
  ['stopped', null, 'SHUTDOWN', 'stopped', 'SHUTOFF'],
  ['stopped', null, 'RUNNING', 'active', 'ACTIVE'],
  ['error', null, 'RUNNING', 'error', 'ERROR'],
];

for (const [vmState, task, power, state, status] of table) {
  test(`a record that says ${vmState}/${task ?? '-'} of a domain that is ${power} means ${status}`, () => {
    assert.equal(observedState(instance(vmState, task), power), state);
    assert.equal(apiStatus(instance(vmState, task), power), status);
  });
}
