import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiStatus, observedState } from '../../../src/compute/reconcile.ts';
import {
  type Instance,
  type PowerState,
  type TaskState,
  UNRECORDED_OPTIONS,
  type VmState,
} from '../../../src/model/index.ts';

function instance(vmState: VmState, taskState: TaskState = null): Instance {
  return {
    id: '11111111-2222-4333-8444-555555555555',
    number: 1,
    domainName: 'instance-00000001',
    name: 'a',
    hostname: 'a',
    vmState,
    taskState,
    fault: null,
    adoption: null,
    flavor: { name: 'f', vcpus: 1, memoryMiB: 1, rootGiB: 1, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} },
    image: { id: 'i', name: 'i', properties: {} },
    numa: null,
    carrier: null,
    links: [],
    hardware: {
      virtType: 'qemu',
      arch: 'x86_64',
      machineType: 'q35',
      cpuMode: 'none',
      cpuModels: [],
      cpuExtraFlags: [],
      firmware: { kind: 'bios' },
      diskBus: 'virtio',
      cdromBus: 'sata',
      diskCache: 'none',
      vifModel: 'virtio',
      videoModel: 'virtio',
      pointerModel: null,
      pciDevices: [],
      options: UNRECORDED_OPTIONS,
    },
    disks: [],
    ports: [],
    metadata: {},
    volumes: [],
    shares: [],
    lock: null,
    rescue: null,
    resize: null,
    tags: [],
    createdAt: '2026-01-01T00:00:00Z',
    launchedAt: null,
  };
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
