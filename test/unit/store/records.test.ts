import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNRECORDED_OPTIONS } from '../../../src/model/index.ts';
import { inRecord, instanceShape } from '../../../src/store/records.ts';
import { anInstance } from './an-instance.ts';

test('an instance comes back from its JSON as it was', () => {
  const instance = anInstance({
    fault: { code: 'X', message: 'no', at: '2026-01-01T00:00:00Z' },
    taskState: 'spawning',
  });
  assert.deepEqual(instanceShape(JSON.parse(JSON.stringify(instance)), inRecord('instance')), instance);
});

test('every kind of port and firmware is understood', () => {
  const instance = anInstance();
  const hardware = {
    ...instance.hardware,
    firmware: { kind: 'uefi', loader: '/c.fd', nvramTemplate: '/v.fd', secure: true, stateless: false },
  };
  const ports = [
    { kind: 'user' },
    { kind: 'bridge', bridge: 'br0' },
    { kind: 'network', network: 'n', bridge: 'b' },
  ].map((binding) => ({ ...instance.ports[0], binding }));
  const decoded = instanceShape({ ...instance, hardware, ports }, inRecord('instance'));
  assert.deepEqual(decoded, { ...instance, hardware, ports });
});

test('whose reader a drive is for comes back, and nothing where nobody said', () => {
  const { disks } = anInstance();
  const config = { ...disks[0], role: 'config', datasource: 'nocloud' };
  const decoded = instanceShape({ ...anInstance(), disks: [...disks, config] }, inRecord('instance'));
  assert.deepEqual(decoded.disks, [...disks, config]);
  assert.ok(!('datasource' in (decoded.disks[0] ?? { datasource: '' })));
});

test('a disk and a shared folder come back with what a file of wishes calls them, and without it as they were', () => {
  const disk = {
    id: '44444444-0000-4000-8000-000000000001',
    source: { kind: 'own', fileName: 'volume-44444444-0000-4000-8000-000000000001', format: 'qcow2' },
    device: 'disk',
    bus: 'virtio',
    target: 'vdb',
    readOnly: false,
    sizeBytes: 1024,
    attachedAt: '2026-01-01T00:00:00.000Z',
  } as const;
  const share = { tag: 'data', path: '/srv/data', driver: '9p', readOnly: true } as const;
  const instance = anInstance({
    volumes: [disk, { ...disk, name: 'data', imageId: '22222222-0000-4000-8000-000000000001' }],
    shares: [share, { ...share, isApplied: true }],
  });
  const decoded = instanceShape(JSON.parse(JSON.stringify(instance)), inRecord('instance'));
  assert.deepStrictEqual([decoded.volumes, decoded.shares], [instance.volumes, instance.shares]);
});

test('what an older novalet did not record is what it built with', () => {
  const instance = anInstance();
  const { options: _options, pciDevices: _pciDevices, ...hardware } = instance.hardware;
  const firmware = { kind: 'uefi', loader: '/c.fd', nvramTemplate: '/v.fd', secure: false };
  const old = { ...instance, hardware: { ...hardware, firmware } };
  const decoded = instanceShape(JSON.parse(JSON.stringify(old)), inRecord('instance'));
  assert.deepEqual(decoded.hardware, {
    ...hardware,
    firmware: { ...firmware, stateless: false },
    pciDevices: [],
    options: UNRECORDED_OPTIONS,
  });
  const { profile, ioThreads, discard, lane } = decoded.hardware.options;
  assert.deepEqual([profile, ioThreads, discard, lane], ['modern', false, true, true]);
});

test('a damaged record says which value is bad', () => {
  const port = { ...anInstance().ports[0], binding: { kind: 'carrier-pigeon' } };
  const cases: readonly [string, object][] = [
    [
      'instance.vmState is not one of building, active, paused, suspended, stopped, rescued, resized, shelved, shelved_offloaded, error, deleted',
      { vmState: 'asleep' },
    ],
    ['instance.ports[0].binding.kind is not one of network, bridge, user', { ports: [port] }],
    ['instance.number is not an integer', { number: '7' }],
    ['instance.metadata.role is not a string', { metadata: { role: 1 } }],
    ['instance.disks is not a list', { disks: {} }],
  ];
  for (const [words, damage] of cases) {
    assert.throws(() => instanceShape({ ...anInstance(), ...damage }, inRecord('instance')), {
      code: 'STORE_CORRUPT',
      message: `A record in the database is damaged: ${words}`,
    });
  }
});
