import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNetwork } from '../../../src/libvirt-xml/index.ts';
import { freeBridgeName } from '../../../src/network/describe-network.ts';
import { planPort, portAddresses } from '../../../src/network/port.ts';
import { type AttachTarget, networkTarget } from '../../../src/network/target.ts';

const XML = `<network>
  <name>novalet</name><uuid>d71e4632-642e-49b6-8ec4-fffe786e1085</uuid>
  <forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>
  <bridge name='nvbr0' stp='on' delay='0'/><mtu size='1400'/>
  <ip address='192.168.150.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.150.2' end='192.168.150.5'/>
      <host mac='FA:16:3E:00:00:09' name='guest' ip='192.168.150.3'/>
      <host mac='FA:16:3E:00:00:02' ip='192.168.150.2'/><host mac='fa:16:3e:00:00:04' ip='192.168.150.4'/></dhcp>
  </ip>
</network>`;

const id = '0123456789ab-0000-0000-0000-000000000000';
const mac = 'fa:16:3e:00:00:01';

test('a port on our network carries its bridge, tap, MTU and fixed address, and the MAC address of that', () => {
  const target = networkTarget(readNetwork(XML), true);
  const fixedIp = { address: '192.168.150.2', prefix: 24 };
  assert.deepEqual(planPort({ id, mac, target, fixedIp }), {
    id,
    mac: 'fa:16:3e:00:00:02',
    binding: { kind: 'network', network: 'novalet', bridge: 'nvbr0' },
    deviceName: 'tap0123456789a',
    mtu: 1400,
    isMtuChosen: false,
    fixedIps: [fixedIp],
    addressing: [{ kind: 'dhcp', version: 4 }],
  });
});

test('ports on a bridge of somebody else and in user mode have no address beforehand', () => {
  const bridge: AttachTarget = { kind: 'bridge', bridge: 'br0', mtu: 9000 };
  const onBridge = planPort({ id, mac, target: bridge });
  assert.deepEqual(
    [onBridge.binding, onBridge.mtu, onBridge.fixedIps],
    [{ kind: 'bridge', bridge: 'br0' }, 9000, []],
  );
  const user = planPort({ id, mac, target: { kind: 'user' } });
  assert.deepEqual([user.binding, user.mtu], [{ kind: 'user' }, null]);
});

test('the addresses of our network are the pairs that were made with it, not those of named entries', () => {
  const { staticLeases } = networkTarget(readNetwork(XML), true);
  assert.ok(staticLeases);
  assert.deepEqual(portAddresses('novalet', staticLeases), {
    network: 'novalet',
    pairs: [
      { address: '192.168.150.2', mac: 'fa:16:3e:00:00:02' },
      { address: '192.168.150.4', mac: 'fa:16:3e:00:00:04' },
    ],
  });
  assert.equal(staticLeases.prefix, 24);
  assert.equal(staticLeases.gateway, '192.168.150.1');
});

test('in the network of somebody else, and in one without pairs, ports have no address beforehand', () => {
  assert.equal(networkTarget(readNetwork(XML), false).staticLeases, null);
  assert.equal(networkTarget(readNetwork(XML.replace(/<dhcp>.*<\/dhcp>/s, '')), true).staticLeases, null);
});

test('a bridge name is one that no device and no network has', () => {
  assert.equal(freeBridgeName(['eth0']), 'nvbr0');
  assert.equal(freeBridgeName(['nvbr0', 'nvbr1', 'nvbr3']), 'nvbr2');
});
