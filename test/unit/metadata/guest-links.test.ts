// VLANs and bonds in each description. The whole documents are in test/golden/metadata.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { networkConfig } from '../../../src/metadata/network-config.ts';
import { networkData } from '../../../src/metadata/network-data.ts';
import type { GuestLink } from '../../../src/model/index.ts';
import { linkedInput, nic } from './sample.ts';

const { nics, links = [] } = linkedInput();

test('network_data.json has the cards, the bond over two of them, and VLANs over bond and card', () => {
  assert.partialDeepStrictEqual(networkData(nics, links), {
    links: [
      { id: 'tap0', type: 'bridge' },
      { id: 'tap1', type: 'bridge' },
      { id: 'tap2', type: 'bridge' },
      {
        id: 'bond0',
        type: 'bond',
        mtu: 9000,
        ethernet_mac_address: 'fa:16:3e:00:02:00',
        bond_links: ['tap0', 'tap1'],
        bond_mode: '802.3ad',
        bond_miimon: 100,
        bond_xmit_hash_policy: 'layer3+4',
      },
      {
        id: 'storage',
        type: 'vlan',
        mtu: 1400,
        vlan_link: 'bond0',
        vlan_id: 42,
        vlan_mac_address: 'fa:16:3e:00:02:00',
      },
      {
        id: 'vlan7',
        type: 'vlan',
        mtu: null,
        vlan_link: 'tap2',
        vlan_id: 7,
        vlan_mac_address: 'fa:16:3e:00:02:77',
      },
    ],
    networks: [
      { type: 'ipv4_dhcp', link: 'tap2' },
      { type: 'ipv4_dhcp', link: 'bond0', network_id: 'bond0' },
      { type: 'ipv6_slaac', link: 'bond0' },
      { type: 'ipv4', link: 'storage', ip_address: '192.0.2.10' },
      { type: 'ipv6', link: 'vlan7' },
    ],
  });
});

test('version 2 names what lies below by its label, and gives a MAC address only where it is another', () => {
  const data = networkConfig(nics, 2, links);
  assert.partialDeepStrictEqual(data, {
    ethernets: { port0: { dhcp4: false }, port1: { dhcp4: false }, port2: { dhcp4: true } },
    bonds: {
      bond0: {
        interfaces: ['port0', 'port1'],
        macaddress: 'fa:16:3e:00:02:00',
        parameters: { mode: '802.3ad', 'mii-monitor-interval': '100', 'transmit-hash-policy': 'layer3+4' },
        dhcp4: true,
        'accept-ra': true,
        mtu: 9000,
      },
    },
    vlans: {
      storage: { id: 42, link: 'bond0', addresses: ['192.0.2.10/24'], mtu: 1400 },
      vlan7: { id: 7, link: 'port2', macaddress: 'fa:16:3e:00:02:77', addresses: ['2001:db8::7/64'] },
    },
  });
  assert.doesNotMatch(JSON.stringify(data), /"storage":[^}]*macaddress/);
});

test('version 1 has them as devices of their own, after the cards', () => {
  const config = networkConfig(nics, 1, links)?.['config'];
  assert.partialDeepStrictEqual(config, [
    { type: 'physical', name: 'eth0', subnets: [] },
    { type: 'physical', name: 'eth1' },
    { type: 'physical', name: 'eth2' },
    {
      type: 'bond',
      name: 'bond0',
      mac_address: 'fa:16:3e:00:02:00',
      bond_interfaces: ['eth0', 'eth1'],
      params: { 'bond-mode': '802.3ad', 'bond-miimon': 100, 'bond-xmit-hash-policy': 'layer3+4' },
      subnets: [{ type: 'dhcp4' }, { type: 'ipv6_slaac' }],
    },
    { type: 'vlan', name: 'storage', vlan_link: 'bond0', vlan_id: 42 },
    { type: 'vlan', name: 'vlan7', vlan_link: 'eth2', vlan_id: 7, mac_address: 'fa:16:3e:00:02:77' },
  ]);
});

test('a card that a link needs is described though it has no addresses, and no other is', () => {
  const bare = [nic([]), nic([], { mac: 'fa:16:3e:00:00:02', deviceName: 'tap-needed' })];
  const over: GuestLink = { kind: 'vlan', name: 'v', vlanId: 9, over: 1, addressing: [] };
  assert.partialDeepStrictEqual(networkData(bare, [over]), {
    links: [{ id: 'tap-needed' }, { id: 'v', vlan_link: 'tap-needed' }],
    networks: [],
  });
  assert.deepEqual(networkData(bare), {});
  assert.equal(networkConfig(bare, 2), undefined);
});

test('a link over a card or a bond that is not there is refused', () => {
  const vlan = { kind: 'vlan', name: 'v', vlanId: 9, addressing: [] } as const;
  const bond = { kind: 'bond', name: 'b', mode: 'balance-rr', addressing: [] } as const;
  for (const link of [
    { ...vlan, over: 3 },
    { ...vlan, over: 'bond9' },
    { ...bond, members: [0, 7] },
    { ...bond, members: [] },
  ]) {
    assert.throws(
      () => networkData(nics, [link]),
      (error) => isFault(error, 'GUEST_LINK_INVALID'),
    );
  }
});
