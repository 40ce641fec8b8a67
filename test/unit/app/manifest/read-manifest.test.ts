// Manifests as people write them: what they come to, and that every mistake is found with its line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readManifest } from '../../../../src/app/index.ts';
import { Fault, isFault } from '../../../../src/base/index.ts';
import type { Manifest } from '../../../../src/compute/index.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBKk3YmR1o7jIxXGr3DWCcLWFeC3XSD3QS94FqkQCQq6';
const FILES: Readonly<Record<string, string>> = {
  '/etc/vms/keys.pub': `${KEY} alice@desk\n${KEY} alice@lap\n`,
  '/etc/vms/user-data': '#cloud-config\n{}\n',
  '/etc/vms/private': '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n',
};

async function read(path: string): Promise<Buffer> {
  const text = FILES[path];
  if (text === undefined) throw new Fault('not-found', 'FILE_NOT_FOUND', `There is no file ${path}`);
  return Buffer.from(text);
}

async function manifestOf(...texts: readonly string[]): Promise<Manifest> {
  const files = texts.map((text, at) => ({
    file: at === 0 ? '/etc/vms/vms.yaml' : `/etc/vms/${at}.yaml`,
    text,
  }));
  return await readManifest(files, read);
}

/** The lines of what is wrong, without the file. */
async function mistakesIn(...texts: readonly string[]): Promise<readonly string[]> {
  const fault = await manifestOf(...texts).then(
    () => assert.fail('it was taken'),
    (error: unknown) => error,
  );
  assert.ok(isFault(fault, 'MANIFEST_INVALID'), String(fault));
  const lines = (fault.hint ?? '').split('\n');
  assert.equal(fault.details['mistakes'], lines.length - 1);
  return lines.slice(0, -1).map((line) => line.replace('/etc/vms/', '').replace('vms.yaml:', ''));
}

const WHOLE = `novalet: 1
images:
  net: { url: https://example.org/a.qcow2, sha256: ${'Ab'.repeat(32)}, min_disk: 2, min_ram: 1G }
  near: { file: disk.raw, disk_format: raw, properties: { hw_qemu_guest_agent: yes, hw_boot_menu: true, n: 007 } }
  far: { catalogue: debian:12 }
flavors:
  small: { vcpus: 2, memory: 1G, disk: 10, swap: 512M, extra_specs: { hw:cpu_policy: shared } }
  least: { memory: 64 }
networks:
  lab: { subnet: 10.9.0.0/24, forward: none, domain: lab.example, mtu: 1400 }
  other: {}
ports:
  door: { network: lab, mac: "fa:16:3e:00:00:01", address: 10.9.0.9 }
instances:
  web:
    image: near
    flavor: small
    state: stopped
    networks:
      - br0
      - { mac: "fa:16:3e:00:00:09", mtu: 1400 }
      - { network: br1, address: [192.0.2.10/24, 2001:db8::1/64], gateway: 192.0.2.1, dns: 192.0.2.2 }
      - { network: br2, ipv4: none, ipv6: slaac }
      - { port: door }
    user_data_files: user-data
    ssh_keys: ["${KEY} bob"]
    ssh_key_files: [keys.pub]
    hostname: www
    packages: [nginx]
    run: [true > /tmp/x]
    write_files: [{ path: /etc/motd, content: hello, mode: 0600, owner: bob }, { path: /b, file: user-data }]
    grow: false
    metadata: { role: web, count: 3 }
    tags: [blue]
    max_vcpus: 4
    max_memory: 2G
    config_drive: true
    datasource: nocloud
    agent: drive
  db: { image: far, user_data: "#cloud-config\\n" }
`;

test('a whole file comes to what the engine takes, with files beside it', async () => {
  const { images, flavors, networks, ports, instances } = await manifestOf(WHOLE);
  assert.deepEqual(networks, [
    { name: 'lab', subnet: '10.9.0.0/24', forward: 'none', domain: 'lab.example', mtu: 1400 },
    { name: 'other' },
  ]);
  assert.deepEqual(ports, [{ name: 'door', network: 'lab', mac: 'fa:16:3e:00:00:01', address: '10.9.0.9' }]);
  assert.deepEqual(images, [
    {
      name: 'net',
      from: { kind: 'source', source: 'https://example.org/a.qcow2' },
      sha256: 'ab'.repeat(32),
      minDiskGiB: 2,
      minRamMiB: 1024,
    },
    {
      name: 'near',
      from: { kind: 'source', source: '/etc/vms/disk.raw' },
      diskFormat: 'raw',
      properties: { hw_qemu_guest_agent: 'yes', hw_boot_menu: 'true', n: '007' },
    },
    { name: 'far', from: { kind: 'catalogue', name: 'debian:12' } },
  ]);
  assert.deepEqual(
    flavors.map(({ name, vcpus, memoryMiB, rootGiB, swapMiB }) => [name, vcpus, memoryMiB, rootGiB, swapMiB]),
    [
      ['small', 2, 1024, 10, 512],
      ['least', 1, 64, 0, 0],
    ],
  );
  const [web, db] = instances;
  assert.deepEqual(web?.networks, [
    { network: 'br0' },
    { mac: 'fa:16:3e:00:00:09', mtu: 1400 },
    {
      network: 'br1',
      addressing: [
        { kind: 'static', address: '192.0.2.10', prefix: 24, gateway: '192.0.2.1', dns: ['192.0.2.2'] },
        { kind: 'static', address: '2001:db8::1', prefix: 64 },
      ],
    },
    { network: 'br2', addressing: [{ kind: 'slaac' }] },
    { port: 'door' },
  ]);
  assert.deepEqual(
    web?.sshKeys?.map(({ name }) => name),
    ['bob', 'alice@desk', 'alice@lap'],
  );
  assert.deepEqual(web?.userData, [{ name: 'user-data', bytes: Buffer.from('#cloud-config\n{}\n') }]);
  assert.deepEqual(web?.guest, {
    hostname: 'www',
    packages: ['nginx'],
    run: ['true > /tmp/x'],
    writeFiles: [
      { path: '/etc/motd', content: Buffer.from('hello'), permissions: '0600', owner: 'bob' },
      { path: '/b', content: Buffer.from('#cloud-config\n{}\n') },
    ],
    growRoot: false,
  });
  const { state, metadata, tags, maxVcpus, maxMemoryMiB, configDrive, datasource, agent } = web ?? {};
  assert.deepEqual(
    { state, metadata, tags, maxVcpus, maxMemoryMiB, configDrive, datasource, agent },
    {
      state: 'stopped',
      metadata: { role: 'web', count: '3' },
      tags: ['blue'],
      maxVcpus: 4,
      maxMemoryMiB: 2048,
      configDrive: true,
      datasource: 'nocloud',
      agent: 'drive',
    },
  );
  assert.deepEqual(db, { name: 'db', image: 'far', userData: Buffer.from('#cloud-config\n') });
});

test('JSON is taken as well, and an empty file asks for nothing but its form', async () => {
  const { flavors } = await manifestOf('{"novalet": 1, "flavors": {"a": {"memory": "1G"}}}');
  assert.deepEqual(
    flavors.map(({ name }) => name),
    ['a'],
  );
  assert.deepEqual(await manifestOf('novalet: 1\n'), {
    images: [],
    flavors: [],
    networks: [],
    ports: [],
    instances: [],
  });
  assert.deepEqual(await mistakesIn(''), ['1: needs "novalet: 1" at the top, which says what form it has']);
});

test('several files are one, and a name that two of them have is refused', async () => {
  const one = 'novalet: 1\nflavors:\n  a: { memory: 1G }\n';
  assert.equal((await manifestOf(one, 'novalet: 1\nflavors:\n  b: { memory: 1G }\n')).flavors.length, 2);
  assert.deepEqual(await mistakesIn(one, one), ['1.yaml:3: flavors.a is described in /etc/vms/vms.yaml too']);
});

test('all mistakes are found in one go, each with its line and what was probably meant', async () => {
  const text = `novalet: 2
images:
  a: { fil: x, sha256: 12 }
  b:
  c: { url: ftp://x, catalogue: debian:12 }
  d: { catalogue: debian:12, sha256: ${'0'.repeat(64)} }
flavours: {}
flavors:
  x: { vcpus: 0, memory: lots, disk: 1.5 }
  y: { vcpus: 1 }
  z: { memory: 1500K, swap: true }
instances:
  web:
    imag: minimal
    state: runing
    ssh_key_files: [nope.pub, private]
    networks: [{ address: 300.1.1.1, adress: x }, 7, { ipv4: none, address: 192.0.2.1 }, { gateway: 192.0.2.1 }]
    user_data: { a: 1 }
    metadata: [role]
    write_files: [{ path: /a }, { content: x }, { path: /a, content: x, mode: rw }]
  db: { image: a, user_data: x, user_data_files: user-data, grow: 1, max_memory: -1, ssh_keys: [AAAA] }
  none: []
`;
  const found = await mistakesIn(text);
  assert.deepEqual(found, [
    '1: novalet is not 1, the form that this version reads',
    '3: images.a.fil is not known; did you mean file?',
    '3: images.a.sha256 is not 64 hexadecimal digits',
    '3: images.a needs one of url, file and catalogue',
    '4: images.b is not a map with url, file, catalogue, sha256, disk_format, min_disk, min_ram, properties',
    '5: images.c.url does not begin with http:// or https://',
    '6: images.d has sha256 or disk_format beside catalogue, which says both itself',
    '7: flavours is not known; did you mean flavors?',
    '9: flavors.x.vcpus is not between 1 and 2147483647',
    '9: flavors.x.memory is not a number of MiB or a size such as 2G',
    '9: flavors.x.disk is no whole number of GiB',
    '10: flavors.y needs memory, for example memory: 2G',
    '11: flavors.z.memory is no whole number of MiB',
    '11: flavors.z.swap is not a number of MiB or a size such as 2G',
    '13: instances.web needs image',
    '14: instances.web.imag is not known; did you mean image?',
    '15: instances.web.state is not one of active, stopped',
    '16: instances.web.ssh_key_files[0] cannot be read: There is no file /etc/vms/nope.pub',
    '16: instances.web.ssh_key_files[1] cannot be used: private holds a private key',
    '17: instances.web.networks[0].address is not an address such as 192.0.2.10/24',
    '17: instances.web.networks[0].adress is not known; did you mean address?',
    '17: instances.web.networks[1] is not a map with port, network, mac, mtu, address, gateway, dns, route, ipv4, ipv6',
    '17: instances.web.networks[2] has an address of an IP version that is none',
    '17: instances.web.networks[3] has a gateway without an address of its IP version',
    '18: instances.web.user_data is not text',
    '19: instances.web.metadata is not a map of names',
    '20: instances.web.write_files[0] needs one of content and file',
    '20: instances.web.write_files[1] needs path, the place in the guest',
    '20: instances.web.write_files[2].mode is not an octal mode in quotes, such as "0600"',
    '21: instances.db.grow is not true or false',
    '21: instances.db.max_memory is less than 1 MiB, or too much',
    '21: instances.db.ssh_keys[0] cannot be used: Line 1 of key is no public SSH key',
    '21: instances.db has user_data and user_data_files; give one of them',
    '22: instances.none is not a map with image, flavor, state, …',
  ]);
});

test('what is no YAML, or more than is read, is refused with its line', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['novalet: 1\na: [', /^2: /],
    ['novalet: 1\nnovalet: 1\n', /^2: .*unique/i],
    ['novalet: 1\n---\nnovalet: 1\n', /^2: .*multiple documents/],
    ['novalet: 1\nimages: { a: &x { file: b }, c: *x }\n', /^2: .*an alias/],
    ['novalet: 1\nimages: !!set { a }\n', /^2: /],
    [`novalet: 1\nimages: ${'['.repeat(40)}${']'.repeat(40)}\n`, /^2: .*too deep/],
    ['- novalet\n', /^1: is not a map with novalet, images, flavors, networks, ports, instances/],
    ['just words', /^1: is not a map/],
    ['novalet: 1\n? [a, b]\n: c\n', /no word/],
  ];
  for (const [text, expected] of cases) {
    const found = await mistakesIn(text);
    assert.ok(
      found.some((line) => expected.test(line)),
      `${text}: ${found.join(' | ')}`,
    );
  }
});

test('no value is repeated in what is said: it may be a secret', async () => {
  const found = await mistakesIn(`novalet: 1
instances:
  web: { image: [hunter2], user_data: [hunter2], run: hunter2, state: hunter2, ssh_keys: [hunter2], mtu: hunter2 }
`);
  assert.equal(found.length, 6);
  assert.ok(!found.join('\n').includes('hunter2'), found.join('\n'));
});

test('a flood of mistakes is cut short', async () => {
  const keys = Array.from({ length: 100 }, (_unused, at) => `  f${at}: {}\n`).join('');
  const fault = await manifestOf(`novalet: 1\nflavors:\n${keys}`).catch((error: unknown) => error);
  assert.ok(isFault(fault, 'MANIFEST_INVALID'));
  assert.match(fault.hint ?? '', /^and 60 more$/m);
});
