import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agreed, cardsOf, NOTHING_SEEN, type Place, see } from '../../../../src/app/metadata/sight.ts';
import type { Instance, Port } from '../../../../src/model/index.ts';
import { anInstance } from '../../store/an-instance.ts';

const ID = '11111111-0000-4000-8000-000000000001';
const OTHER = '11111111-0000-4000-8000-000000000002';
const PLACE: Place = { name: 'lab', bridge: 'nvbr0', gateway: '192.0.2.1', ipv6: 'alone' };

function withPort(id: string, port: Partial<Port>, changes: Partial<Instance> = {}): Instance {
  const [first] = anInstance().ports;
  assert.ok(first);
  const binding = { kind: 'network', network: 'lab', bridge: 'nvbr0' } as const;
  return anInstance({ id, ports: [{ ...first, binding, ...port }], ...changes });
}

const CARD = {
  mac: 'fa:16:3e:00:00:01',
  deviceName: 'tap1',
  fixedIps: [{ address: '192.0.2.2', prefix: 24 }],
};

test('a card is known by its address and by its link-local one, each at the door of its own bridge', () => {
  const { askers, networks, ports } = see(cardsOf([withPort(ID, CARD)]), [PLACE], 8775);
  assert.deepEqual(
    [...askers],
    [
      ['192.0.2.1 192.0.2.2', ID],
      ['fe80::a9fe:a9fe%nvbr0 fe80::f816:3eff:fe00:1%nvbr0', ID],
    ],
  );
  assert.deepEqual(networks, [{ bridge: 'nvbr0', gateway: '192.0.2.1', port: 8775, ipv6: 'alone' }]);
  assert.deepEqual(ports, [{ device: 'tap1', mac: CARD.mac, addresses: ['192.0.2.2'] }]);
});

test('cards without a kept address, on bridges and of adopted domains are not served', () => {
  const adoption = { xml: '' };
  const instances = [
    withPort(ID, { ...CARD, fixedIps: [] }),
    withPort(ID, { ...CARD, fixedIps: [{ address: 'fd00::2', prefix: 64 }] }),
    withPort(ID, { ...CARD, binding: { kind: 'bridge', bridge: 'nvbr0' } }),
    withPort(ID, { ...CARD, binding: { kind: 'user' } }),
    Object.assign(withPort(ID, CARD), { adoption }),
  ];
  assert.deepEqual(cardsOf(instances), []);
});

test('further addresses that are kept for a card are its own as well', () => {
  const addressing = [
    { kind: 'static', address: '192.0.2.2', prefix: 24 },
    { kind: 'static', address: '192.0.2.3', prefix: 24 },
    { kind: 'static', address: 'fd00::3', prefix: 64 },
  ] as const;
  const [card] = cardsOf([withPort(ID, { ...CARD, addressing })]);
  assert.deepEqual(card?.port.addresses, ['192.0.2.2', '192.0.2.3']);
});

test('a network that is not there is not served, and nor are its cards', () => {
  const seen = see(cardsOf([withPort(ID, CARD)]), [], 8775);
  assert.deepEqual(seen, NOTHING_SEEN);
});

test('an address that two instances claim is nobody', () => {
  const cards = cardsOf([withPort(ID, CARD), withPort(OTHER, { ...CARD, mac: 'fa:16:3e:00:00:02' })]);
  assert.deepEqual(
    [...see(cards, [PLACE], 8775).askers.keys()],
    [
      'fe80::a9fe:a9fe%nvbr0 fe80::f816:3eff:fe00:1%nvbr0',
      'fe80::a9fe:a9fe%nvbr0 fe80::f816:3eff:fe00:2%nvbr0',
    ],
  );
});

test('while one sight gives way to another only those are known whom both know as the same', () => {
  const before = see(cardsOf([withPort(ID, CARD)]), [PLACE], 8775);
  const after = see(cardsOf([withPort(OTHER, { ...CARD, mac: 'fa:16:3e:00:00:02' })]), [PLACE], 8775);
  assert.deepEqual(agreed(before, before), before.askers);
  assert.equal(agreed(before, after).size, 0);
});
