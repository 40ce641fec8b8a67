// Disks, shared folders, injected files, addresses and links of an instance in a manifest: what they come to, and what is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readManifest } from '../../../../src/app/index.ts';
import { isFault } from '../../../../src/base/index.ts';
import type { WantedInstance } from '../../../../src/compute/index.ts';

async function instanceOf(body: string): Promise<WantedInstance> {
  const text = `novalet: 1\ninstances:\n  web:\n    image: debian\n${body}`;
  const read = async (path: string) => Buffer.from(`content of ${path}`);
  const { instances } = await readManifest([{ file: '/etc/vms/vms.yaml', text }], read);
  const [web] = instances;
  assert.ok(web !== undefined);
  return web;
}

/** What is wrong, each with its line counted from the body on. */
async function mistakesIn(body: string): Promise<readonly string[]> {
  const fault = await instanceOf(body).then(
    () => assert.fail('it was taken'),
    (error: unknown) => error,
  );
  assert.ok(isFault(fault, 'MANIFEST_INVALID'), String(fault));
  const lines = (fault.hint ?? '').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [, number, words] = /^\/etc\/vms\/vms\.yaml:(\d+): instances\.web\.(.*)$/.exec(line) ?? [];
    return `${Number(number) - 4}: ${words}`;
  });
}

test('each kind of disk comes to what disk attach takes, with files beside the manifest', async () => {
  const { disks } = await instanceOf(`    disks:
      data: { size: 20G }
      small: { size: 2 }
      copy: { image: debian, size: 512M, bus: scsi }
      file: { file: data.raw, format: raw, read_only: true }
      lvm: { block: /dev/vg/data }
      nas: { nbd: "nbd://10.0.0.5/export" }
      san: { iscsi: "iscsi://10.0.0.6:3261/iqn.2026-11.example:data/1" }
      old: { kept: 1234abcd }
      cd: { file: ../os.iso, cdrom: true }
      empty: { cdrom: true, bus: sata }
`);
  assert.deepEqual(disks, [
    { name: 'data', source: { kind: 'new', sizeBytes: 20 * 1024 ** 3 } },
    { name: 'small', source: { kind: 'new', sizeBytes: 2 * 1024 ** 3 } },
    { name: 'copy', source: { kind: 'image', image: 'debian', sizeBytes: 512 * 1024 ** 2 }, bus: 'scsi' },
    { name: 'file', source: { kind: 'file', path: '/etc/vms/data.raw', format: 'raw' }, readOnly: true },
    { name: 'lvm', source: { kind: 'block', path: '/dev/vg/data' } },
    {
      name: 'nas',
      source: { kind: 'nbd', server: { host: '10.0.0.5', port: 10_809 }, exportName: 'export' },
    },
    {
      name: 'san',
      source: { kind: 'iscsi', host: '10.0.0.6', port: 3261, target: 'iqn.2026-11.example:data', lun: 1 },
    },
    { name: 'old', source: { kind: 'kept', id: '1234abcd' } },
    { name: 'cd', source: { kind: 'file', path: '/etc/os.iso' }, device: 'cdrom' },
    { name: 'empty', source: { kind: 'none' }, device: 'cdrom', bus: 'sata' },
  ]);
});

test('shared folders and injected files are read, relative to the manifest', async () => {
  const { shares, files } = await instanceOf(`    shares:
      - { tag: data, path: data }
      - { tag: logs, path: /var/log, driver: 9p, read_only: true }
    inject_files:
      - { path: /etc/motd, content: hello }
      - { path: /etc/issue, file: issue }
`);
  assert.deepEqual(shares, [
    { tag: 'data', path: '/etc/vms/data' },
    { tag: 'logs', path: '/var/log', driver: '9p', readOnly: true },
  ]);
  assert.deepEqual(files, [
    { path: '/etc/motd', content: Buffer.from('hello') },
    { path: '/etc/issue', content: Buffer.from('content of /etc/vms/issue') },
  ]);
});

test('routes, no gateway and DNS servers stand beside the address of their IP version', async () => {
  const { networks } = await instanceOf(`    networks:
      - network: br0
        address: [192.0.2.10/24, "2001:db8::1/64"]
        gateway: 192.0.2.1
        route: [10.20.0.0/16:192.0.2.254, "2001:db8:20::/48:fe80::1"]
        dns: [192.0.2.2, "2001:db8::2"]
      - { address: 192.0.2.11, gateway: none }
`);
  assert.deepEqual(networks, [
    {
      network: 'br0',
      addressing: [
        {
          kind: 'static',
          address: '192.0.2.10',
          prefix: 24,
          gateway: '192.0.2.1',
          routes: [{ destination: '10.20.0.0/16', gateway: '192.0.2.254' }],
          dns: ['192.0.2.2'],
        },
        {
          kind: 'static',
          address: '2001:db8::1',
          prefix: 64,
          routes: [{ destination: '2001:db8:20::/48', gateway: 'fe80::1' }],
          dns: ['2001:db8::2'],
        },
      ],
    },
    { addressing: [{ kind: 'static', address: '192.0.2.11', gateway: null }] },
  ]);
});

test('bonds and VLANs are links of the guest, the bonds first', async () => {
  const { links } = await instanceOf(`    vlans:
      - { id: 7, on: bond0, address: 192.0.2.10/24 }
      - { id: 8, name: eight, mtu: 1400 }
    bonds:
      - { name: bond0, on: [1, 2], mode: 802.3ad, hash: layer3+4, miimon: 50, ipv4: none }
`);
  assert.deepEqual(links, [
    {
      kind: 'bond',
      name: 'bond0',
      members: [1, 2],
      mode: '802.3ad',
      miimon: 50,
      xmitHashPolicy: 'layer3+4',
      addressing: [],
    },
    {
      kind: 'vlan',
      vlanId: 7,
      over: 'bond0',
      addressing: [{ kind: 'static', address: '192.0.2.10', prefix: 24 }],
    },
    { kind: 'vlan', vlanId: 8, over: 0, name: 'eight', mtu: 1400 },
  ]);
});

test('what is wrong with any of them is found with its line, and no address of a server is repeated', async () => {
  const found = await mistakesIn(`    disks:
      data: { size: 20, file: x }
      "a b": { size: 1 }
      none: {}
      few: { size: 1K }
      nas: { nbd: "http://hunter2@x/" }
      san: { iscsi: "iscsi://u:hunter2@h/iqn.x/1" }
      raw: { size: 1G, format: raw }
      typo: { imag: debian }
    shares: [{ path: /x }, { tag: x }, { tag: y, path: /y, driver: nfs }]
    inject_files: [{ path: /x }]
    vlans: [{ on: 0 }, { id: 7, on: -1 }, { id: 5000 }]
    bonds: [{ on: [0] }, { name: bond0 }, { name: b, on: [0], mode: fast }]
    networks: [{ route: 10.0.0.0/8:192.0.2.1 }, { address: 192.0.2.9, route: 10.0.0.0/8 }]
`);
  const sources = 'needs one of image, size, file, block, nbd, iscsi, kept and cdrom';
  assert.deepEqual(found, [
    `2: disks.data ${sources}`,
    '3: disks.a b is no name for a disk: letters, digits, dots and dashes',
    `4: disks.none ${sources}`,
    '5: disks.few.size is less than 1 MiB',
    '6: disks.nas.nbd is not written as nbd://HOST:PORT/EXPORT or nbd+unix:///EXPORT?socket=/PATH',
    '7: disks.san.iscsi is not written as iscsi://HOST:PORT/TARGET/LUN',
    '8: disks.raw has format without file',
    '9: disks.typo.imag is not known; did you mean image?',
    `9: disks.typo ${sources}`,
    '10: shares[0] needs tag, by which the guest mounts it',
    '10: shares[1] needs path, the folder of this host',
    '10: shares[2].driver is not one of virtiofs, 9p',
    '11: inject_files[0] needs one of content and file',
    '12: vlans[0] needs id, as in id: 7',
    '12: vlans[1].on is not the number of a card, nor the name of a bond',
    '12: vlans[2].id is not between 1 and 4094',
    '13: bonds[0] needs name',
    '13: bonds[1] needs on, the numbers of its cards',
    '13: bonds[2].mode is not one of balance-rr, active-backup, balance-xor, broadcast, 802.3ad, balance-tlb, balance-alb',
    '14: networks[0] has a route without an address of its IP version',
    '14: networks[1].route is not a network and its gateway, such as 10.20.0.0/16:192.0.2.254',
  ]);
});
