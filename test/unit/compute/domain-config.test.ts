import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainConfig } from '../../../src/compute/domain-config.ts';
import { type DomainInput, launchSettings } from '../../../src/compute/domain-input.ts';
import {
  attributeOf,
  childElements,
  type Element,
  find,
  serializeXml,
  textOf,
} from '../../../src/libvirt-xml/index.ts';
import type { Port, PortBinding } from '../../../src/model/index.ts';
import { aDomainInput } from './a-domain-input.ts';

function port(binding: PortBinding): Port {
  return {
    id: 'f216af48-1133-45c2-9954-5ac66baf2f4f',
    mac: 'fa:16:3e:00:00:01',
    binding,
    deviceName: 'tapf216af48-11',
    mtu: 1450,
    isMtuChosen: false,
    fixedIps: [],
    addressing: [{ kind: 'dhcp', version: 4 }],
  };
}

function device(root: Element, name: string): Element {
  return find(root, 'devices', name) ?? assert.fail(`there is no ${name}`);
}

test('the agent channel is exactly the one that Nova writes', () => {
  assert.equal(
    serializeXml(device(domainConfig(aDomainInput()), 'channel')),
    [
      '<channel type="unix">',
      '  <source mode="bind" path="/var/lib/libvirt/qemu/org.qemu.guest_agent.0.instance-00000007.sock"/>',
      '  <target type="virtio" name="org.qemu.guest_agent.0"/>',
      '</channel>',
      '',
    ].join('\n'),
  );
});

test('in session mode the channel has no path of ours', () => {
  const paths = { ...aDomainInput().paths, agentSocket: null };
  const channel = device(domainConfig(aDomainInput({ paths })), 'channel');
  assert.deepEqual(
    childElements(channel).map((child) => child.name),
    ['target'],
  );
});

test('a port becomes the interface of its binding', () => {
  const interfaceOf = (binding: PortBinding) =>
    device(domainConfig(aDomainInput({ ports: [port(binding)] })), 'interface');
  const network = interfaceOf({ kind: 'network', network: 'novalet', bridge: 'virbr1' });
  assert.equal(attributeOf(network, 'type'), 'network');
  assert.equal(attributeOf(find(network, 'source'), 'network'), 'novalet');
  assert.equal(attributeOf(find(network, 'target'), 'dev'), 'tapf216af48-11');
  assert.equal(attributeOf(find(network, 'mtu'), 'size'), '1450');
  const bridge = interfaceOf({ kind: 'bridge', bridge: 'br0' });
  assert.equal(attributeOf(bridge, 'type'), 'bridge');
  assert.equal(attributeOf(find(bridge, 'source'), 'bridge'), 'br0');
  const user = interfaceOf({ kind: 'user' });
  assert.equal(attributeOf(user, 'type'), 'user');
  assert.equal(find(user, 'source'), undefined);
  assert.equal(find(user, 'target'), undefined);
});

test('no display means no video, no pointer and no USB', () => {
  const root = domainConfig(aDomainInput({ settings: launchSettings(null, null) }));
  const names = childElements(find(root, 'devices') ?? root).map((child) => child.name);
  for (const name of ['graphics', 'video', 'input']) assert.ok(!names.includes(name), name);
  assert.equal(attributeOf(device(root, 'controller'), 'model'), 'none');
});

test("what was chosen counts, not today's defaults", () => {
  const hardware = {
    ...aDomainInput().hardware,
    machineType: 'pc-q35-6.2',
    vifModel: 'e1000',
    videoModel: 'cirrus',
  };
  const root = domainConfig(aDomainInput({ hardware, ports: [port({ kind: 'user' })] }));
  assert.equal(attributeOf(find(root, 'os', 'type'), 'machine'), 'pc-q35-6.2');
  assert.equal(attributeOf(find(device(root, 'interface'), 'model'), 'type'), 'e1000');
  assert.equal(attributeOf(find(device(root, 'video'), 'model'), 'type'), 'cirrus');
});

test('names that look like markup stay names', () => {
  const displayName = '</nova:name><evil/>&"';
  const text = serializeXml(domainConfig(aDomainInput({ displayName })));
  assert.ok(text.includes('<nova:name>&lt;/nova:name&gt;&lt;evil/&gt;&amp;"</nova:name>'));
});

test('a creation time is printed as Nova prints it', () => {
  assert.equal(aDomainInput().createdAt, '2026-11-21 08:00:00');
});

test('a guest without a placement keeps to the CPUs that are set aside for it, and one with a placement to its own', () => {
  const settings = launchSettings('127.0.0.1', [0, 1, 4]);
  const free = find(domainConfig(aDomainInput({ settings })), 'vcpu');
  assert.equal(attributeOf(free, 'cpuset'), '0-1,4');
  assert.equal(attributeOf(find(domainConfig(aDomainInput()), 'vcpu'), 'cpuset'), undefined);
  const cell = {
    hostCell: 0,
    memoryMiB: 512,
    pins: [{ vcpu: 0, cpu: 7 }],
    floating: [],
    floatingCpus: [],
    pageSizeKiB: null,
    hasHugePages: false,
    heldCpus: [7],
  };
  const numa = {
    cells: [cell],
    emulatorCpus: [7],
    realtimeVcpus: [],
    isMemoryShared: false,
    isMemoryLocked: false,
  };
  const placed = domainConfig(aDomainInput({ settings, numa }));
  assert.equal(attributeOf(find(placed, 'vcpu'), 'cpuset'), undefined);
  assert.equal(attributeOf(find(placed, 'cputune', 'vcpupin'), 'cpuset'), '7');
});

const PLAIN = { seedFrom: null, cloudConfigUrl: null, networkConfig: null } as const;

function sysinfoOf(
  carrier: NonNullable<DomainInput['carrier']>,
): Readonly<Record<string, string | undefined>> {
  const system =
    find(domainConfig(aDomainInput({ carrier })), 'sysinfo', 'system') ?? assert.fail('no system');
  return Object.fromEntries(
    childElements(system).map((entry) => [attributeOf(entry, 'name'), textOf(entry)] as const),
  );
}

test('a guest of the metadata service is told by its SMBIOS tables which reader it is to be', () => {
  const openStack = sysinfoOf({ service: 'openstack', ...PLAIN });
  assert.equal(openStack['product'], 'OpenStack Nova');
  const ec2 = sysinfoOf({ service: 'ec2', ...PLAIN });
  assert.equal(ec2['serial'], ec2['uuid']);
  assert.equal(ec2['product'], 'EC2 guest');
  const noCloud = sysinfoOf({ service: 'nocloud-net', ...PLAIN, seedFrom: 'smbios' });
  assert.equal(noCloud['serial'], 'ds=nocloud;dsmode=net;s=http://169.254.169.254/nocloud/');
  assert.equal(noCloud['product'], 'NoCloud guest');
});

test("the words for the guest's reader stand behind the image's own command line, and behind Nova's", () => {
  const carrier = {
    service: 'nocloud-net',
    seedFrom: 'kernel',
    cloudConfigUrl: 'http://192.0.2.1/c',
    networkConfig: null,
  } as const;
  const paths = { ...aDomainInput().paths, kernel: '/state/kernel' };
  const line = (imageProperties: Record<string, string>) =>
    textOf(find(domainConfig(aDomainInput({ carrier, paths, imageProperties })), 'os', 'cmdline')) ?? 'none';
  const words =
    'ds=nocloud;dsmode=net;s=http://169.254.169.254/nocloud/;i=11111111-2222-3333-4444-555555555555 cloud-config-url=http://192.0.2.1/c';
  assert.equal(line({ os_command_line: 'root=/dev/vda3 ro' }), `root=/dev/vda3 ro ${words}`);
  assert.ok(line({}).startsWith('root=/dev/vda ') && line({}).endsWith(` ${words}`), line({}));
});
