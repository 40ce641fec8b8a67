import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withToldAddresses } from '../../../src/compute/addresses.ts';
import { anInstance } from '../store/an-instance.ts';

test('without an agent a card shows its leases and the static addresses that the guest was told, each once', () => {
  const [port = assert.fail('no port')] = anInstance().ports;
  const ports = [
    {
      ...port,
      addressing: [
        { kind: 'static', address: '192.0.2.10', prefix: 24 },
        { kind: 'static', address: '2001:db8::10', prefix: 64 },
        { kind: 'slaac' },
      ] as const,
    },
  ];
  const leased = { address: '192.0.2.10', prefix: 24, family: 'ipv4' } as const;
  const one = { name: 'tap0', mac: port.mac, addresses: [leased] };
  const stranger = { name: 'tap1', mac: 'fa:16:3e:ff:ff:ff', addresses: [] };
  assert.deepEqual(withToldAddresses({ source: 'lease', interfaces: [one, stranger] }, ports), {
    source: 'lease',
    interfaces: [
      { ...one, addresses: [leased, { address: '2001:db8::10', prefix: 64, family: 'ipv6' }] },
      stranger,
    ],
  });
});
