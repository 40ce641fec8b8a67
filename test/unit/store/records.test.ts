import assert from 'node:assert/strict';
import { test } from 'node:test';
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
    firmware: { kind: 'uefi', loader: '/c.fd', nvramTemplate: '/v.fd', secure: true },
  };
  const ports = [
    { kind: 'user' },
    { kind: 'bridge', bridge: 'br0' },
    { kind: 'network', network: 'n', bridge: 'b' },
  ].map((binding) => ({ ...instance.ports[0], binding }));
  const decoded = instanceShape({ ...instance, hardware, ports }, inRecord('instance'));
  assert.deepEqual(decoded, { ...instance, hardware, ports });
});

test('a damaged record says which value is bad', () => {
  const port = { ...anInstance().ports[0], binding: { kind: 'carrier-pigeon' } };
  const cases: readonly [string, object][] = [
    ['instance.vmState is not one of building, active, stopped, error, deleted', { vmState: 'asleep' }],
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
