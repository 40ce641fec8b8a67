import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import {
  type HostCards,
  importedNetworks,
  keepsCards,
} from '../../../../src/compute/export/import-network.ts';
import type { ExportManifest } from '../../../../src/compute/export/manifest.ts';
import type { Port } from '../../../../src/model/index.ts';
import { anInstance } from '../../store/an-instance.ts';

const from = '/nowhere';
const HOST: HostCards = { managed: new Set(['ours']), ports: [] };
const [plain] = anInstance().ports;

test("the old host's own network is this host's, whatever it is called, with an address of novalet's choice", () => {
  const fixed = { kind: 'static', address: '192.168.123.2', prefix: 24 } as const;
  assert.deepEqual(importedNetworks(manifest([{ addressing: [fixed] }]), { from }, HOST), [
    { addressing: [{ kind: 'dhcp', version: 4 }] },
  ]);
});

test('a network or a bridge of another name is asked for by it, with the MTU that somebody chose', () => {
  const ports = [
    { binding: { kind: 'network', network: 'lab', bridge: 'virbr7' }, mtu: 9000, isMtuChosen: true },
    { binding: { kind: 'bridge', bridge: 'br0' }, mtu: 1500 },
  ] as const;
  assert.deepEqual(importedNetworks(manifest(ports), { from }, HOST), [
    { network: 'lab', mtu: 9000, addressing: [{ kind: 'dhcp', version: 4 }] },
    { network: 'br0', addressing: [{ kind: 'dhcp', version: 4 }] },
  ]);
});

test('an address that somebody chose elsewhere is not given to a copy, and is kept by an instance that moves', () => {
  const fixed = { kind: 'static', address: '192.0.2.10', prefix: 24 } as const;
  const ports = [{ binding: { kind: 'bridge', bridge: 'br0' }, addressing: [fixed] }] as const;
  assert.throws(
    () => importedNetworks(manifest(ports), { from }, HOST),
    (error) => isFault(error, 'IMPORT_NEEDS_NETWORK'),
  );
  assert.deepEqual(importedNetworks(manifest(ports), { from, keepId: true }, HOST), [
    { network: 'br0', mac: plain?.mac, addressing: [fixed] },
  ]);
});

test('networks that are asked for stand in place of all that is recorded, also for an instance that keeps its id', () => {
  const networks = [{ network: 'lab' }];
  assert.deepEqual(importedNetworks(manifest([{}]), { from, networks, keepId: true }, HOST), networks);
  assert.equal(keepsCards({ from, networks, keepId: true }), false);
  assert.equal(keepsCards({ from, keepId: true }), true);
  assert.equal(keepsCards({ from }), false);
});

test('a card that is still a port of this host is that one for an instance that moves, and another one for a copy', () => {
  const [card = assert.fail('no card')] = manifest([{}]).instance.ports;
  const { id, mac, binding, fixedIps } = card;
  const port = { id, mac, binding, fixedIps, name: 'front', createdAt: '2026-01-01T00:00:00.000Z' };
  const host = { ...HOST, ports: [port] };
  const addressing = [{ kind: 'dhcp', version: 4 }];
  assert.deepEqual(importedNetworks(manifest([{}]), { from, keepId: true }, host), [
    { port: id, addressing },
  ]);
  assert.deepEqual(importedNetworks(manifest([{}]), { from }, host), [{ addressing }]);
  const other = { ...HOST, ports: [{ ...port, mac: 'fa:16:3e:ff:ff:ff' }] };
  assert.deepEqual(importedNetworks(manifest([{}]), { from, keepId: true }, other), [{ mac, addressing }]);
});

test("on a further network of this host's an address that somebody chose gives way to another one", () => {
  const fixed = { kind: 'static', address: '192.0.2.10', prefix: 24 } as const;
  const ports = [
    { binding: { kind: 'network', network: 'ours', bridge: 'nvbr1' }, addressing: [fixed] },
  ] as const;
  assert.deepEqual(importedNetworks(manifest(ports), { from }, HOST), [
    { network: 'ours', addressing: [{ kind: 'dhcp', version: 4 }] },
  ]);
});

function manifest(changes: readonly Partial<Port>[]): ExportManifest {
  const ports = changes.flatMap((change) => (plain === undefined ? [] : [{ ...plain, ...change }]));
  return {
    novalet: '0',
    exportedAt: '2026-01-01T00:00:00.000Z',
    consistency: 'off',
    managedNetwork: 'novalet',
    instance: anInstance({ ports }),
    members: [],
  };
}
