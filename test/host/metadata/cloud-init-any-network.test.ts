// Whatever cards a guest has, network_data.json and both versions of network-config say the same to cloud-init. The cards are
// drawn from a seed that a failure names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MetadataInput, metadataDocuments, noCloudDocuments } from '../../../src/metadata/index.ts';
import type { Addressing } from '../../../src/model/index.ts';
import { nic, plainInput } from '../../unit/metadata/sample.ts';
import { namesByMac, readByCloudInit, withoutCloudInit } from './cloud-init.ts';

const GUESTS = 60;

/** Numbers below `n`, the same for the same seed (Park and Miller). */
function numbers(seed: number): (n: number) => number {
  let state = seed + 1;
  return (n) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % n;
  };
}

function drawGuest(seed: number): MetadataInput {
  const below = numbers(seed);
  const cards = Array.from({ length: 1 + below(4) }, (_, at) => {
    const addressing = [...drawIpv4(below, at), ...drawIpv6(below, at)];
    const mtu = [null, 1400, 9000][below(3)] ?? null;
    const port = { mac: `fa:16:3e:00:03:0${at}`, deviceName: `tap${at}`, mtu };
    return nic(addressing, { ...port, isMtuChosen: mtu !== null && below(2) === 0 });
  });
  return plainInput({ nics: cards });
}

function drawIpv4(below: (n: number) => number, card: number): readonly Addressing[] {
  const way = below(4);
  if (way === 0) return [];
  if (way === 1) return [{ kind: 'dhcp', version: 4 }];
  return Array.from({ length: way - 1 }, (_, at) => ({
    kind: 'static' as const,
    address: `192.0.${card}.${10 + at}`,
    prefix: 20 + below(8),
    ...(at === 0 && below(2) === 0 ? { gateway: `192.0.${card}.1` } : {}),
    ...(below(2) === 0
      ? { routes: [{ destination: `10.${10 * card + at}.3.4/16`, gateway: `192.0.${card}.2` }] }
      : {}),
    ...(below(2) === 0 ? { dns: [`198.51.100.${card}`] } : {}),
  }));
}

function drawIpv6(below: (n: number) => number, card: number): readonly Addressing[] {
  const kinds = ['slaac', 'dhcpv6-stateless', 'dhcpv6-stateful'] as const;
  const way = below(6);
  const kind = kinds[way];
  const dns = below(2) === 0 ? { dns: [`2001:db8::${card + 1}`] } : {};
  if (kind !== undefined) return [{ kind, ...dns }];
  if (way === 3) return [{ kind: 'dhcp', version: 6 }];
  if (way === 4) return [];
  const gateway = below(2) === 0 ? { gateway: 'fe80::1' } : {};
  return [{ kind: 'static', address: `2001:db8:${card + 1}::10`, prefix: 64, ...gateway, ...dns }];
}

function jobsFor(input: MetadataInput): readonly { readonly do: string }[] {
  const documents = metadataDocuments(input);
  const read = (bytes: Uint8Array | undefined): unknown => JSON.parse(Buffer.from(bytes ?? []).toString());
  const configs = [
    read(documents.get('openstack/latest/network_data.json')),
    read(noCloudDocuments(input, 1).get('network-config')),
    read(noCloudDocuments(input, 2).get('network-config')),
  ];
  return configs.map((config) => ({ do: 'network', config, macs: namesByMac(input) }));
}

/** Without netplan, cloud-init up to 22.4 takes version 2's `::/0` for `::/64`. */
function comparable(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result).replaceAll('"::/64 via ', '"::/0 via '));
}

test('any cards are the same to cloud-init in each description', { skip: withoutCloudInit }, async () => {
  const seeds = Array.from({ length: GUESTS }, (_, seed) => seed).filter((seed) =>
    drawGuest(seed).nics.some(({ addressing }) => addressing.length > 0),
  );
  assert.ok(seeds.length > GUESTS / 2);
  const results = await readByCloudInit(...seeds.flatMap((seed) => jobsFor(drawGuest(seed))));
  const all = JSON.stringify(results); // what the drawing is to bring about
  for (const word of [
    '192.0.3.11/',
    '2001:db8:2::10/64',
    '"dhcp6":true',
    '"routers":true',
    ' via 192.0.0.2',
    ':9000',
  ]) {
    assert.ok(all.includes(word), word);
  }
  for (const [at, seed] of seeds.entries()) {
    const [data, ...configs] = results.slice(3 * at, 3 * at + 3).map(comparable);
    for (const [version, config] of configs.entries()) {
      assert.deepEqual(config, data, `seed ${seed}, network-config version ${version + 1}`);
    }
  }
});
