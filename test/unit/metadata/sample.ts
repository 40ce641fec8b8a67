// One instance with everything set, for the tests of the documents.
import { readFileSync } from 'node:fs';
import { Secret } from '../../../src/base/index.ts';
import {
  type MetadataInput,
  type MetadataNic,
  parsePublicKey,
  UserData,
} from '../../../src/metadata/index.ts';
import type { Disk, Port } from '../../../src/model/index.ts';

export const ED25519_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILWBOzKEvMosxZCcDR5MEafkVPshHFCLwc/9BDYrr9UT sample@example';
export const ECDSA_KEY =
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBLhemtcCxfgZN8Ii7b8X3WurFd2HRcLs/fFkoWqSZyZDg9zEkHTpgaJPJB18oVj9n/z8ulRUkbtPkxhM0+uXiFw= sample@example';

/** The file that guests get it from. */
export const INTERFACES_TEMPLATE = readFileSync(
  new URL('../../../templates/interfaces.template', import.meta.url),
  'utf8',
);

export const PASSWORD = 'correct horse';

export function port(overrides: Partial<Port> = {}): Port {
  return {
    id: 'f216af48-1133-45c2-9954-5ac66baf2f4f',
    mac: 'fa:16:3e:00:00:01',
    binding: { kind: 'network', network: 'novalet', bridge: 'virbr7' },
    deviceName: 'tapf216af48-11',
    mtu: 1450,
    isMtuChosen: false,
    fixedIps: [{ address: '192.0.2.10', prefix: 24 }],
    addressing: [{ kind: 'dhcp', version: 4 }],
    ...overrides,
  };
}

export function nic(addressing: MetadataNic['addressing'], overrides: Partial<Port> = {}): MetadataNic {
  return { port: port(overrides), networkId: '7d2a6d4e-0d0e-4b6b-a7c3-9b5a7f6f7b10', addressing };
}

export function disk(role: Disk['role'], target: string): Disk {
  return {
    role,
    fileName: `disk.${role}`,
    format: 'qcow2',
    device: 'disk',
    bus: 'virtio',
    target,
    sizeBytes: 1,
  };
}

/** The least that an instance has. */
export function plainInput(overrides: Partial<MetadataInput> = {}): MetadataInput {
  return {
    uuid: '11111111-2222-3333-4444-555555555555',
    number: 42,
    name: 'Web Server',
    hostname: 'web-server',
    projectId: 'fake',
    meta: {},
    keys: [],
    randomSeed: Uint8Array.from({ length: 512 }, (_, at) => at & 0xff),
    flavorName: 'm1.small',
    imageRef: '155d900f-4e14-4e4c-a73d-069cbf4541e6',
    nics: [nic([{ kind: 'dhcp', version: 4 }])],
    disks: [disk('root', 'vda'), disk('config', 'hda')],
    ...overrides,
  };
}

/** One NIC for each way to an address, and one for two ways at once. */
export function addressedInput(): MetadataInput {
  const known = { address: '2001:db8::10', prefix: 64, gateway: 'fe80::1', dns: ['2001:db8::53'] };
  const routes = [{ destination: '2001:db8:1::/48', gateway: '2001:db8::2' }];
  const ways: readonly MetadataNic['addressing'][] = [
    [{ kind: 'dhcp', version: 4 }],
    [{ kind: 'dhcp', version: 6 }],
    [
      {
        kind: 'static',
        address: '192.0.2.10',
        prefix: 20,
        gateway: '192.0.2.1',
        routes: [{ destination: '198.51.100.0/24', gateway: '192.0.2.254' }],
        dns: ['192.0.2.53'],
      },
    ],
    [{ kind: 'static', ...known, routes }],
    [{ kind: 'slaac', ...known }],
    [{ kind: 'dhcpv6-stateless', ...known }],
    [{ kind: 'dhcpv6-stateful', ...known, routes }],
    [
      { kind: 'dhcp', version: 4 },
      { kind: 'slaac', ...known },
    ],
  ];
  const nics = ways.map((addressing, at) =>
    nic(addressing, { mac: `fa:16:3e:00:01:0${at}`, deviceName: `tap${at}` }),
  );
  return plainInput({ nics });
}

/** Two NICs in a bond, a VLAN over it, and one over a third NIC that has addresses of its own. */
export function linkedInput(): MetadataInput {
  const cards = [[], [], [{ kind: 'dhcp', version: 4 } as const]];
  return plainInput({
    nics: cards.map((addressing, at) =>
      nic(addressing, { mac: `fa:16:3e:00:02:0${at}`, deviceName: `tap${at}` }),
    ),
    links: [
      {
        kind: 'vlan',
        name: 'storage',
        vlanId: 42,
        over: 'bond0',
        mtu: 1400,
        addressing: [{ kind: 'static', address: '192.0.2.10', prefix: 24, gateway: '192.0.2.1' }],
      },
      {
        kind: 'bond',
        name: 'bond0',
        members: [0, 1],
        mode: '802.3ad',
        xmitHashPolicy: 'layer3+4',
        mtu: 9000,
        addressing: [{ kind: 'dhcp', version: 4 }, { kind: 'slaac' }],
      },
      {
        kind: 'vlan',
        name: 'vlan7',
        vlanId: 7,
        over: 2,
        mac: 'fa:16:3e:00:02:77',
        addressing: [{ kind: 'static', address: '2001:db8::7', prefix: 64, dns: ['2001:db8::53'] }],
      },
    ],
  });
}

/** Everything set: what the golden tree is made from. */
export function fullInput(): MetadataInput {
  return plainInput({
    launchIndex: 1,
    availabilityZone: 'rack-1',
    meta: { role: 'web', owner: 'Grüße', admin_pass: 'from meta' },
    keys: [parsePublicKey('laptop', ED25519_KEY), parsePublicKey('desk', ECDSA_KEY)],
    adminPassword: new Secret(PASSWORD),
    userData: new UserData(Buffer.from('#cloud-config\nhostname: given\n')),
    nics: [
      nic([
        {
          kind: 'static',
          address: '192.0.2.10',
          prefix: 24,
          gateway: '192.0.2.1',
          routes: [{ destination: '198.51.100.77/24', gateway: '192.0.2.254' }],
          dns: ['192.0.2.53', '192.0.2.54'],
        },
        { kind: 'static', address: '2001:db8::10', prefix: 64, gateway: '2001:db8::1', dns: ['192.0.2.53'] },
      ]),
      nic([{ kind: 'dhcp', version: 4, dns: ['203.0.113.53'] }], {
        id: 'a0b1c2d3-1133-45c2-9954-5ac66baf2f4f',
        mac: 'fa:16:3e:00:00:02',
        deviceName: 'tapa0b1c2d3-11',
        fixedIps: [],
      }),
    ],
    disks: [disk('root', 'vda'), disk('ephemeral', 'vdb'), disk('swap', 'vdc'), disk('config', 'hda')],
    devices: [
      {
        type: 'nic',
        mac: 'fa:16:3e:00:00:01',
        bus: 'pci',
        address: '0000:00:02.0',
        tags: ['front'],
        vlan: 7,
      },
      { type: 'nic', mac: 'fa:16:3e:00:00:02', bus: 'pci', address: '0000:00:03.0' },
      { type: 'disk', bus: 'pci', address: '0000:00:04.0', tags: ['data'], serial: 'disk-vdb' },
    ],
    kernelRef: '9b5d7a3c-4e14-4e4c-a73d-069cbf4541e6',
    ramdiskRef: '0c1d7a3c-4e14-4e4c-a73d-069cbf4541e6',
    dedicatedCpus: [10, 3],
    files: [{ path: '/etc/motd', content: Buffer.from('hello\n') }],
    vendorData: { 'cloud-init': '#cloud-config\n{}\n' },
  });
}
