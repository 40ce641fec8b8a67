// What cloudbase-init finds on the drive of an image with os_type=windows: it looks for a volume called config-2, of a CD by its
// Joliet names and of a disk with mtools, in which openstack\latest\meta_data.json is, and takes `admin_pass`, and in `meta`
// `admin_username`. Source: cloudbase-init, metadata services ConfigDrive and "baseopenstackservice". No domain is defined.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import type { LaunchRequest } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { World } from '../support/world.ts';

const BOUND = { timeout: 120_000 };
const PASSWORD = 'a Passw0rd of this test';
const iso = await world('');
const vfat = await world('config_drive_format: vfat');
after(async () => {
  await using _both = new AsyncDisposableStack();
  _both.use(iso);
  _both.use(vfat);
});

async function world(more: string): Promise<World> {
  const made = await World.make(more);
  const compute = await made.compute();
  const source = join(made.stateDir, 'disk.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', source, '1M']);
  await compute.images.add({ source, name: 'windows', properties: { os_type: 'windows' } });
  await compute.images.add({ source, name: 'linux' });
  return made;
}

type Request = Omit<LaunchRequest, 'name' | 'flavor' | 'network'>;

/** Launches up to the config drive, and gives a copy of it. */
async function driveOf(where: World, request: Request): Promise<string> {
  const compute = await where.compute();
  const copy = join(where.stateDir, 'drive');
  const stop = new AbortController();
  const launching = compute.launch(
    { ...request, name: 'win', flavor: 'm1.tiny', network: 'none' },
    {
      signal: stop.signal,
      onProgress: ({ step, phase }) => {
        if (step !== 'config-drive' || phase !== 'end') return;
        copyFileSync(drivePath(where), copy);
        stop.abort();
      },
    },
  );
  await assert.rejects(launching, (error) => isFault(error, 'CANCELLED'));
  return copy;
}

function drivePath(where: World): string {
  const state = join(where.stateDir, 'state');
  using store = openStore(join(state, 'novalet.db'));
  return join(state, 'instances', store.instances.find('win').id, 'disk.config');
}

interface MetaData {
  readonly admin_pass?: string;
  readonly meta?: Readonly<Record<string, string>>;
  readonly hostname: string;
}

/** As Windows mounts a CD. */
async function fromCd(drive: string): Promise<MetaData> {
  const described = (await runProgram('isoinfo', ['-d', '-i', drive])).stdout;
  assert.match(described, /^Volume id: config-2$/m);
  assert.match(described, /Joliet with UCS level 3 found/);
  const path = '/openstack/latest/meta_data.json';
  return JSON.parse((await runProgram('isoinfo', ['-J', '-i', drive, '-x', path])).stdout);
}

/** As cloudbase-init reads a disk without partitions. */
async function fromDisk(drive: string): Promise<MetaData> {
  const label = (await runProgram('mlabel', ['-i', drive, '-s', '::'])).stdout;
  assert.match(label, /Volume label is config-2\b/i);
  return JSON.parse((await runProgram('mtype', ['-i', drive, '::/openstack/latest/meta_data.json'])).stdout);
}

const FORMS = [
  { form: 'a CD', where: iso, read: fromCd },
  { form: 'a vfat disk', where: vfat, read: fromDisk },
] as const;

for (const { form, where, read } of FORMS) {
  test(`Windows finds its administrator and the password in clear on ${form}`, BOUND, async () => {
    const drive = await driveOf(where, { image: 'windows', adminPassword: new Secret(PASSWORD) });
    const { admin_pass: password, meta, hostname } = await read(drive);
    assert.equal(password, PASSWORD);
    assert.equal(meta?.['admin_username'], 'Administrator');
    assert.equal(hostname, 'win.novalocal');
  });

  test(`what a launch puts into meta reaches Windows on ${form} as it is`, BOUND, async () => {
    const metadata = { admin_username: 'chef', admin_pass: 'from its owner' };
    const drive = await driveOf(where, { image: 'windows', metadata });
    const { admin_pass: password, meta } = await read(drive);
    assert.equal(password, undefined);
    assert.deepEqual([meta?.['admin_username'], meta?.['admin_pass']], ['chef', 'from its owner']);
  });

  test(`other guests get the hash alone on ${form}, unless admin_pass is asked for`, BOUND, async () => {
    const request = { image: 'linux', adminPassword: new Secret(PASSWORD) };
    const drive = await driveOf(where, request);
    assert.equal((await read(drive)).admin_pass, undefined);
    const leaks = runProgram('grep', ['-c', PASSWORD, drive]);
    await assert.rejects(leaks, (error) => isFault(error, 'PROGRAM_FAILED'));
    assert.ok(Number((await runProgram('grep', ['-ac', '\\$6\\$', drive])).stdout) > 0);
    const asked = await driveOf(where, { ...request, plainAdminPassword: true });
    assert.equal((await read(asked)).admin_pass, PASSWORD);
  });
}

test('a password that would reach nobody is refused, and leaves nothing', BOUND, async () => {
  const compute = await iso.compute();
  const request = {
    image: 'windows',
    network: 'none',
    flavor: 'm1.tiny',
    adminPassword: new Secret(PASSWORD),
  };
  for (const more of [{ datasource: 'nocloud' }, { configDrive: false }] as const) {
    const launching = compute.launch({ ...request, ...more });
    await assert.rejects(launching, (error) => isFault(error, 'ADMIN_PASSWORD_NOT_CARRIED'));
  }
  assert.deepEqual(await compute.list(), []);
  const { status, stderr } = await iso.novalet(['launch', 'linux', '--admin-pass', '--network', 'none']);
  assert.equal(status, 2, stderr);
  assert.match(stderr, /ADMIN_PASSWORD_MISSING/);
});

test('the clock of Windows begins at local time', BOUND, async () => {
  const compute = await iso.compute();
  const clockOf = async (image: string) => {
    const { domainXml } = await compute.planLaunch({ image, flavor: 'm1.tiny', network: 'none' });
    return /<clock offset="(\w+)"/.exec(domainXml)?.[1];
  };
  assert.deepEqual([await clockOf('windows'), await clockOf('linux')], ['localtime', 'utc']);
});
