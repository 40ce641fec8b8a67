// Whole Debian guests that find the same on every carrier: cloud-init says which one it took, and what it did is looked at inside.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runServices } from '../../../src/app/index.ts';
import { Secret } from '../../../src/base/index.ts';
import type { Compute, LaunchRequest } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { sha512Crypt } from '../../../src/metadata/index.ts';
import type { Instance } from '../../../src/model/index.ts';
import { takeBootFiles } from '../support/debian-kernel.ts';
import { DEBIAN_IMAGE, SLOW_AGENT, World } from '../support/world.ts';

const BOOT_MS = 600_000; // without KVM on a busy host
const BOUND = { timeout: 2 * BOOT_MS };
const NAME = 'carried';
const PASSWORD = 'Correct-Horse 7';
const WIDE = '2001:db8::77';
const PACKAGE = 'novalet-proof';

interface Carrier {
  readonly name: string;
  readonly launch: Partial<LaunchRequest>;
  /** What cloud-init says of it. */
  readonly says: RegExp;
  readonly isVfat?: boolean;
  readonly isServed?: boolean;
  readonly hasKernel?: boolean;
  /** How the second card comes to its address; `none` where cloud-init 22.4 is told nothing of it. */
  readonly second: 'static' | 'dhcp' | 'none';
}

const CARRIERS: readonly Carrier[] = [
  {
    name: 'a config drive that is a CD',
    launch: { datasource: 'config-drive' },
    says: /^DataSourceConfigDrive /,
    second: 'static',
  },
  {
    name: 'a vfat config drive',
    launch: { datasource: 'config-drive' },
    says: /^DataSourceConfigDrive /,
    isVfat: true,
    second: 'static',
  },
  {
    name: 'a NoCloud CD',
    launch: { datasource: 'nocloud' },
    says: /^DataSourceNoCloud \[seed=\/dev/,
    second: 'static',
  },
  {
    name: 'a NoCloud vfat drive',
    launch: { datasource: 'nocloud' },
    says: /^DataSourceNoCloud \[seed=\/dev/,
    isVfat: true,
    second: 'static',
  },
  {
    name: "OpenStack's metadata service",
    launch: { datasource: 'openstack' },
    says: /^DataSourceOpenStack/,
    isServed: true,
    second: 'static',
  },
  {
    name: "EC2's metadata service",
    launch: { datasource: 'ec2' },
    says: /^DataSourceEc2/,
    isServed: true,
    second: 'dhcp',
  },
  {
    name: "NoCloud's service, by the kernel's command line",
    launch: { datasource: 'nocloud-net', cloudConfigUrl: 'http://169.254.169.254/nocloud/cloud-config' },
    says: /^DataSourceNoCloudNet \[seed=cmdline/,
    isServed: true,
    hasKernel: true,
    second: 'static',
  },
  {
    name: "NoCloud's service, by the serial number of SMBIOS",
    launch: { datasource: 'nocloud-net' },
    says: /^DataSourceNoCloudNet \[seed=dmi/,
    isServed: true,
    second: 'none',
  },
];

const worlds = new Map<boolean, Promise<World>>();
after(async () => {
  for (const world of worlds.values()) await (await world)[Symbol.asyncDispose]();
});

for (const carrier of CARRIERS) {
  test(`cloud-init takes everything from ${carrier.name}`, BOUND, async () => {
    const world = await worldOf(carrier.isVfat ?? false);
    const compute = await world.compute();
    await using services = await serve(world, carrier.isServed ?? false);
    await services.listening;
    await giveKernel(world, carrier.hasKernel ?? false);
    const instance = await launch(world, compute, carrier);
    await using _launched = { [Symbol.asyncDispose]: async () => void (await compute.delete(NAME)) };
    await compute.waitFor(NAME, { kind: 'cloud-init' }, { timeoutMs: BOOT_MS });
    const guest = (...argv: string[]) => inside(compute, argv);
    const result = JSON.parse(await guest('cat', '/run/cloud-init/result.json'));
    assert.match(result.v1.datasource, carrier.says);
    assert.deepEqual(result.v1.errors, []);
    await assertWishes(guest, world);
    await assertCards(guest, instance, carrier.second);
    if (carrier.hasKernel === true) await assertKernelLine(guest, instance);
  });
}

type Guest = (...argv: string[]) => Promise<string>;

/** One for each form of drive: the image is prepared once. */
function worldOf(isVfat: boolean): Promise<World> {
  const known = worlds.get(isVfat);
  if (known !== undefined) return known;
  const made = makeWorld(isVfat);
  worlds.set(isVfat, made);
  return made;
}

async function makeWorld(isVfat: boolean): Promise<World> {
  const world = await World.make(`${SLOW_AGENT}\n${isVfat ? 'config_drive_format: vfat' : ''}`);
  await world.debianImage();
  const compute = await world.compute();
  const size = { vcpus: 2, memoryMiB: 1024, rootGiB: 4, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ name: NAME, ...size });
  await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile(world)]);
  return world;
}

function keyFile(world: World): string {
  return join(world.stateDir, 'id');
}

/** `novalet serve --metadata`, in this process. */
async function serve(
  { configFile }: World,
  isWanted: boolean,
): Promise<AsyncDisposable & { readonly listening: Promise<unknown> }> {
  if (!isWanted) return { listening: Promise.resolve(), [Symbol.asyncDispose]: async () => undefined };
  const stop = new AbortController();
  const said = Promise.withResolvers<void>();
  const running = runServices({
    configFile,
    services: ['metadata'],
    signal: stop.signal,
    say: async () => said.resolve(),
  });
  return {
    listening: Promise.race([said.promise, running]),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}

/** Boots the image's own kernel directly, or lets its boot loader do so. */
async function giveKernel(world: World, isWanted: boolean): Promise<void> {
  const compute = await world.compute();
  const removeProperties = ['kernel_id', 'ramdisk_id', 'os_command_line'];
  await compute.images.set('debian', { removeProperties });
  if (!isWanted) return;
  const folder = await mkdtemp(join(world.stateDir, 'boot-'));
  const files = await takeBootFiles(DEBIAN_IMAGE, folder);
  const kernel = await compute.images.add({ source: files.kernel, name: 'kernel', diskFormat: 'aki' });
  const ramdisk = await compute.images.add({ source: files.ramdisk, name: 'ramdisk', diskFormat: 'ari' });
  await rm(folder, { recursive: true });
  const properties = {
    kernel_id: kernel.id,
    ramdisk_id: ramdisk.id,
    os_command_line: 'root=LABEL=cloudimg-rootfs ro console=ttyS0',
  };
  await compute.images.set('debian', { properties });
}

async function launch(world: World, compute: Compute, carrier: Carrier): Promise<Instance> {
  const first = await compute.planLaunch({ image: 'debian', flavor: NAME, configDrive: false });
  const [port = assert.fail('no port')] = first.instance.ports;
  const address = port.fixedIps[0]?.address.replace(/\d+$/, '77') ?? assert.fail('no address');
  const addressing = [
    { kind: 'static', address, gateway: null },
    { kind: 'static', address: WIDE, prefix: 64 },
  ] as const;
  const publicKey = (await readFile(`${keyFile(world)}.pub`, 'utf8')).trim();
  return await compute.launch({
    image: 'debian',
    name: NAME,
    flavor: NAME,
    // no package but those of the guest's own files
    userData: Buffer.from(
      '#cloud-config\napt: { preserve_sources_list: false, sources_list: "# nothing beyond this guest\\n" }\n',
    ),
    sshKeys: [{ name: 'ada', publicKey }],
    adminPassword: new Secret(PASSWORD),
    networks: [{}, { addressing }],
    guest: {
      user: 'grace',
      hostname: 'analytical-engine',
      timezone: 'Europe/Lisbon',
      writeFiles: [
        { path: '/etc/novalet-was-here', content: Buffer.from('by cloud-init\n'), permissions: '0640' },
        { path: `/opt/${PACKAGE}.deb`, content: await packageFile(world) },
      ],
      packages: [`/opt/${PACKAGE}.deb`],
      run: ['hostname > /run/novalet-ran'],
    },
    ...carrier.launch,
  });
}

/** The smallest package that can be installed: it holds nothing. */
async function packageFile(world: World): Promise<Uint8Array> {
  const tree = join(world.stateDir, 'package');
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  const control = [
    `Package: ${PACKAGE}`,
    'Version: 1.0',
    'Architecture: all',
    'Maintainer: nobody <nobody@example.org>',
    'Description: shows that cloud-init installed it',
    '',
  ];
  await writeFile(join(tree, 'DEBIAN', 'control'), control.join('\n'));
  const file = join(world.stateDir, `${PACKAGE}.deb`);
  await runProgram('dpkg-deb', ['--root-owner-group', '--build', tree, file]);
  return await readFile(file);
}

async function assertWishes(guest: Guest, world: World): Promise<void> {
  assert.equal(await guest('hostname'), 'analytical-engine');
  assert.equal(await guest('readlink', '/etc/localtime'), '/usr/share/zoneinfo/Europe/Lisbon');
  assert.equal(await guest('stat', '-c', '%a', '/etc/novalet-was-here'), '640');
  assert.equal(await guest('cat', '/etc/novalet-was-here'), 'by cloud-init');
  assert.equal(await guest('cat', '/run/novalet-ran'), 'analytical-engine');
  assert.match(await guest('dpkg-query', '-W', PACKAGE), /^novalet-proof\s+1\.0$/);
  const [, material = 'no key'] = (await readFile(`${keyFile(world)}.pub`, 'utf8')).split(' ');
  assert.ok((await guest('sh', '-c', 'cat ~grace/.ssh/authorized_keys')).includes(material));
  const [, hash = ''] = (await guest('getent', 'shadow', 'grace')).split(':');
  const [, , salt = ''] = hash.split('$');
  assert.match(hash, /^\$6\$/);
  assert.equal(sha512Crypt(new Secret(PASSWORD), salt), hash);
  assert.match(await guest('su', 'grace', '-c', 'sudo -n id -u'), /^0$/);
}

interface Card {
  readonly address?: string;
  readonly addr_info: readonly { readonly local: string; readonly dynamic?: boolean }[];
}

/** By MAC address: names are the guest's own affair. */
async function assertCards(guest: Guest, { ports }: Instance, second: Carrier['second']): Promise<void> {
  const cards: readonly Card[] = JSON.parse(await guest('ip', '-j', 'address', 'show'));
  const [known, further] = ports.map((port) => {
    const card = cards.find(({ address }) => address === port.mac) ?? assert.fail(`no card ${port.mac}`);
    const expected = port.fixedIps[0]?.address;
    const found = card.addr_info.find(({ local }) => local === expected);
    const way = found === undefined ? 'none' : found.dynamic === true ? 'dhcp' : 'static';
    return { way, hasWide: card.addr_info.some(({ local }) => local === WIDE) };
  });
  assert.deepEqual(known, { way: 'dhcp', hasWide: false });
  assert.deepEqual(further, { way: second, hasWide: second === 'static' });
}

/** The kernel's words are there, and what the address named was fetched. */
async function assertKernelLine(guest: Guest, { id }: Instance): Promise<void> {
  const line = await guest('cat', '/proc/cmdline');
  assert.ok(line.includes(`ds=nocloud;dsmode=net;s=http://169.254.169.254/nocloud/;i=${id}`), line);
  const fetched = await guest('cat', '/etc/cloud/cloud.cfg.d/91_kernel_cmdline_url.cfg');
  // cloud-init 22.4 writes the first line's word twice
  assert.match(fetched, /^(#cloud-config){1,2}\n.*"seedfrom":"http:\/\/169\.254\.169\.254\/nocloud\/"/);
}

async function inside(compute: Compute, argv: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await compute.exec(NAME, { argv });
  assert.equal(exitCode, 0, `${argv.join(' ')}: ${stderr.toString()}`);
  return stdout.toString('utf8').trim();
}
