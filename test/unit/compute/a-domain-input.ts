// What a domain is configured from, for tests: the smallest flavor, without a network card.
import assert from 'node:assert/strict';
import { chooseHardware, type HardwareHost, MODERN_WISHES } from '../../../src/compute/choose-hardware.ts';
import { diskLayout } from '../../../src/compute/disk-layout.ts';
import {
  agentSocketPath,
  type DomainInput,
  launchSettings,
  novaTime,
} from '../../../src/compute/domain-input.ts';
import { DEFAULT_FLAVORS } from '../../../src/model/index.ts';

export const EMULATING_HOST: HardwareHost = {
  arch: 'x86_64',
  virtType: 'qemu',
  machineTypes: {},
  cpuModes: [],
  firmware: {},
  maxQueues: 256,
};

export function aDomainInput(
  changes: Partial<DomainInput> = {},
  imageProperties: Readonly<Record<string, string>> = {},
): DomainInput {
  const flavor = DEFAULT_FLAVORS[0] ?? assert.fail('there is no flavor');
  const hardware = chooseHardware({ flavor, imageProperties, host: EMULATING_HOST, wishes: MODERN_WISHES });
  const layout = diskLayout({ flavor, hardware, imageFormat: 'qcow2', imageSizeBytes: 0, configDrive: true });
  return {
    uuid: '11111111-2222-3333-4444-555555555555',
    domainName: 'instance-00000007',
    displayName: 'calm-otter',
    createdAt: novaTime('2026-11-21T08:00:00.000Z'),
    owner: null,
    rootImageId: null,
    flavor,
    imageProperties,
    osType: null,
    numa: null,
    hardware,
    host: { arch: 'x86_64' },
    disks: layout.map((disk) => ({ ...disk, path: `/state/${disk.fileName}` })),
    ports: [],
    paths: {
      consoleLog: '/state/console.log',
      agentSocket: agentSocketPath('instance-00000007'),
      kernel: null,
      ramdisk: null,
    },
    settings: launchSettings('127.0.0.1', null),
    ...changes,
  };
}
