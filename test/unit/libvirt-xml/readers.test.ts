import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  element,
  liveDomainFacts,
  networkElement,
  readCapabilities,
  readCpuSet,
  readDomainCapabilities,
  readNetwork,
  serializeXml,
} from '../../../src/libvirt-xml/index.ts';

const corpus = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../corpus/libvirt-xml', `${name}.xml`), 'utf8');

test('a running domain shows its sockets, ports, names and disks', () => {
  const facts = liveDomainFacts(corpus('domain-running'));
  assert.equal(facts.name, 'nvt-corpus');
  assert.equal(typeof facts.id, 'number');
  assert.equal(facts.machineType, 'pc-q35-7.2');
  assert.match(facts.consoleTty ?? '', /^\/dev\/pts\/\d+$/);
  assert.equal(facts.consoleLog, '/var/lib/libvirt/images/nvt-corpus/console.log');
  assert.deepEqual(facts.agent, {
    name: 'org.qemu.guest_agent.0',
    path: '/var/lib/libvirt/qemu/org.qemu.guest_agent.0.nvt-corpus.sock',
    state: 'disconnected',
  });
  assert.equal(facts.vnc?.listen, '127.0.0.1');
  assert.ok((facts.vnc?.port ?? 0) >= 5900);
  assert.equal(facts.interfaces[0]?.mac, 'fa:16:3e:00:00:01');
  assert.deepEqual(
    facts.disks.map((disk) => [disk.target, disk.device, disk.format]),
    [
      ['vda', 'disk', 'qcow2'],
      ['vdb', 'disk', 'qcow2'],
      ['sda', 'cdrom', 'raw'],
    ],
  );
});

test('a domain that is shut off has a channel without a state and a display without a port', () => {
  const facts = liveDomainFacts(corpus('domain-shut-off'));
  assert.equal(facts.id, null);
  assert.equal(facts.agent?.state, null);
  assert.deepEqual(facts.vnc, { listen: '127.0.0.1', port: null, socket: null });
});

test('a domain of others gives what it has', () => {
  const facts = liveDomainFacts(corpus('domain-foreign'));
  assert.equal(facts.name, 'foreign & odd');
  assert.equal(facts.agent, null);
  assert.equal(facts.consoleTty, null);
  assert.deepEqual(facts.vnc, { listen: null, port: null, socket: null });
  assert.deepEqual(
    facts.disks.map((disk) => disk.source),
    [null, null],
  );
});

test('a channel that the guest holds open is connected', () => {
  const open = corpus('domain-running').replace("state='disconnected'", "state='connected'");
  assert.equal(liveDomainFacts(open).agent?.state, 'connected');
});

test('a network is read with its ranges and static leases', () => {
  const network = readNetwork(corpus('network-foreign'));
  assert.equal(network.forward, 'nat');
  assert.equal(network.mtu, 1450);
  const [ipv4, ipv6] = network.ips;
  assert.equal(ipv4?.prefix, 25);
  assert.deepEqual(ipv4?.dhcp?.ranges, [{ start: '192.168.99.2', end: '192.168.99.100' }]);
  assert.deepEqual(ipv4?.dhcp?.hosts, [{ mac: 'fa:16:3e:00:00:01', address: '192.168.99.11', name: 'one' }]);
  assert.deepEqual([ipv6?.family, ipv6?.prefix, ipv6?.dhcp], ['ipv6', 64, null]);
});

test('a network that is written reads back the same', () => {
  const network = {
    name: 'novalet',
    uuid: undefined,
    metadata: [element('lab:mark', { 'xmlns:lab': 'urn:lab', of: 'a "b" & c' })],
    connections: undefined,
    forward: 'nat',
    bridge: 'virbr-nova',
    mtu: 1450,
    domain: 'novalocal',
    ips: [
      {
        family: 'ipv4' as const,
        address: '192.168.150.1',
        prefix: 24,
        dhcp: {
          ranges: [{ start: '192.168.150.2', end: '192.168.150.254' }],
          hosts: [{ mac: 'fa:16:3e:00:00:01', address: '192.168.150.7', name: 'calm-otter' }],
        },
      },
    ],
  };
  assert.deepEqual(readNetwork(serializeXml(networkElement(network))), network);
  assert.deepEqual(
    readNetwork(serializeXml(networkElement({ ...network, forward: 'isolated' }))).forward,
    'isolated',
  );
  assert.equal(readNetwork("<network connections='2'><name>n</name></network>").connections, 2);
});

test('capabilities show the cells, the processors and what can run', () => {
  const capabilities = readCapabilities(corpus('capabilities'));
  assert.equal(capabilities.arch, 'x86_64');
  assert.deepEqual(
    capabilities.cells.map((cell) => cell.cpus.map((cpu) => cpu.id)),
    [[0, 1]],
  );
  assert.deepEqual(
    capabilities.cells[0]?.pages.map((page) => page.sizeKiB),
    [4, 2048, 1048576],
  );
  const guest = capabilities.guests.find((support) => support.arch === 'x86_64');
  assert.equal(guest?.machines.find((machine) => machine.name === 'q35')?.canonical, 'pc-q35-7.2');
  assert.ok(guest?.domainTypes.includes('qemu'));
});

test('domain capabilities show what works under TCG', () => {
  const q35 = readDomainCapabilities(corpus('domain-capabilities-tcg-q35'));
  assert.deepEqual(q35.cpuModes, ['maximum', 'host-model', 'custom']);
  assert.ok(q35.cpuModels.includes('qemu64'));
  assert.equal(q35.secureLoader, true);
  assert.ok(!q35.diskBuses.includes('ide'));
  assert.ok(readDomainCapabilities(corpus('domain-capabilities-tcg-pc')).diskBuses.includes('ide'));
});

test('a TPM can be emulated only where libvirt found swtpm, whatever models QEMU has', () => {
  const without = corpus('domain-capabilities-tcg-q35');
  assert.deepEqual(readDomainCapabilities(without).tpmModels, []);
  const passthrough = '<value>passthrough</value>';
  const withSwtpm = without.replace(passthrough, `${passthrough}<value>emulator</value>`);
  assert.deepEqual(readDomainCapabilities(withSwtpm).tpmModels, ['tpm-tis', 'tpm-crb']);
});

test('lists of processors are read with their ranges', () => {
  assert.deepEqual(readCpuSet('0-2,5,7-7'), [0, 1, 2, 5, 7]);
});
