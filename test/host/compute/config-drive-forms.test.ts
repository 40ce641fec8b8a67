// Which drive a launch writes, by configuration, image and request. Each launch is stopped when its drive is there: no domain
// is defined.
import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import type { LaunchRequest } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { World } from '../support/world.ts';

const BOUND = { timeout: 120_000 };
const world = await World.make('config_drive_format: vfat\nforce_config_drive: true');
after(() => world[Symbol.asyncDispose]());

before(async () => {
  const compute = await world.compute();
  const source = join(world.stateDir, 'disk.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', source, '1M']);
  await compute.images.add({ source, name: 'plain' });
  await compute.images.add({ source, name: 'nocloud', properties: { novalet_datasource: 'nocloud' } });
}, BOUND);

/** Launches up to the config drive, and gives a copy of it. */
async function driveOf(request: Omit<LaunchRequest, 'name' | 'flavor' | 'network'>): Promise<string> {
  const compute = await world.compute();
  const copy = join(world.stateDir, 'drive');
  const stop = new AbortController();
  const launching = compute.launch(
    { ...request, name: 'drive', flavor: 'm1.tiny', network: 'none' },
    {
      signal: stop.signal,
      onProgress: ({ step, phase }) => {
        if (step !== 'config-drive' || phase !== 'end') return;
        copyFileSync(drivePath(), copy);
        stop.abort();
      },
    },
  );
  await assert.rejects(launching, (error) => isFault(error, 'CANCELLED'));
  assert.deepEqual(await compute.list(), []);
  return copy;
}

function drivePath(): string {
  const state = join(world.stateDir, 'state');
  using store = openStore(join(state, 'novalet.db'));
  return join(state, 'instances', store.instances.find('drive').id, 'disk.config');
}

async function labelOf(drive: string): Promise<string> {
  return (await runProgram('blkid', ['-p', '-o', 'value', '-s', 'LABEL', '-s', 'TYPE', drive])).stdout.trim();
}

async function read(drive: string, path: string): Promise<string> {
  return (await runProgram('mtype', ['-i', drive, `::/${path}`])).stdout;
}

test('a launch writes the drive that the configuration names, also one that wants none', BOUND, async () => {
  const drive = await driveOf({ image: 'plain', configDrive: false, metadata: { role: 'web' } });
  assert.equal(await labelOf(drive), 'config-2\nvfat');
  const meta: unknown = JSON.parse(await read(drive, 'openstack/latest/meta_data.json'));
  assert.partialDeepStrictEqual(meta, { name: 'drive', meta: { role: 'web' } });
});

test('a launch puts the files that are to be injected on its drive, as they are', BOUND, async () => {
  const content = Buffer.from('two\nlines\n');
  const drive = await driveOf({ image: 'plain', files: [{ path: '/etc/motd', content }] });
  const meta: unknown = JSON.parse(await read(drive, 'openstack/latest/meta_data.json'));
  assert.partialDeepStrictEqual(meta, { files: [{ path: '/etc/motd', content_path: '/content/0000' }] });
  assert.equal(await read(drive, 'openstack/content/0000'), 'two\nlines\n');
  const elsewhere = driveOf({ image: 'nocloud', files: [{ path: '/etc/motd', content }] });
  await assert.rejects(elsewhere, /a NoCloud drive has no place for them/);
});

test(
  'image and launch ask for a NoCloud drive, with the hash of the password and not the password',
  BOUND,
  async () => {
    const adminPassword = new Secret('a password of this test');
    const userData = Buffer.from('#!/bin/sh\n');
    for (const request of [{ image: 'nocloud' }, { image: 'plain', datasource: 'nocloud' }] as const) {
      const drive = await driveOf({ ...request, adminPassword, userData });
      assert.equal(await labelOf(drive), 'cidata\nvfat');
      assert.partialDeepStrictEqual(JSON.parse(await read(drive, 'meta-data')), {
        'local-hostname': 'drive.novalocal',
        'instance-type': 'm1.tiny',
      });
      assert.equal(await read(drive, 'user-data'), '#!/bin/sh\n');
      const vendorData = await read(drive, 'vendor-data');
      assert.match(vendorData, /^#cloud-config-archive\n/);
      const [config, agent] = JSON.parse(vendorData.slice(vendorData.indexOf('\n')));
      assert.match(config.content, /^#cloud-config\n.*"\$6\$/);
      assert.equal(agent.type, 'text/cloud-boothook');
      const leaks = runProgram('grep', ['-c', adminPassword.reveal(), drive]);
      await assert.rejects(leaks, (error) => isFault(error, 'PROGRAM_FAILED'));
    }
    assert.equal(
      await labelOf(await driveOf({ image: 'nocloud', datasource: 'config-drive' })),
      'config-2\nvfat',
    );
  },
);

test('the command line plans a disk and no CD, and refuses what cannot be', BOUND, async () => {
  const launch = ['launch', 'plain', '--flavor', 'm1.tiny', '--network', 'none', '--no-agent'];
  const planned = await world.novalet([...launch, '--datasource', 'nocloud', '--print-xml']);
  assert.equal(planned.status, 0, planned.stderr);
  assert.match(planned.stdout, /disk\.config"/);
  assert.doesNotMatch(planned.stdout, /cdrom/);
  const both = await world.novalet([...launch, '--datasource', 'nocloud', '--no-config-drive']);
  assert.match(both.stderr, /--no-config-drive wants none/);
  const image = await world.novalet(['image', 'set', 'plain', '--property', 'novalet_datasource=floppy']);
  assert.match(image.stderr, /novalet_datasource[\s\S]*IMAGE_PROPERTY_INVALID[\s\S]*config-drive, nocloud/);
});

test('the command line injects files, and refuses where there will be no drive for them', BOUND, async () => {
  const motd = join(world.stateDir, 'motd');
  writeFileSync(motd, 'hello\n');
  const launch = ['launch', 'plain', '--flavor', 'm1.tiny', '--network', 'none', '--dry-run'];
  const inject = ['--inject-file', `/etc/motd=${motd}`];
  const planned = await world.novalet([...launch, ...inject]);
  assert.equal(planned.status, 0, planned.stderr);
  const elsewhere = await world.novalet([...launch, ...inject, '--datasource', 'nocloud']);
  assert.match(elsewhere.stderr, /INJECTED_FILE_UNSUPPORTED/);
  const twice = await world.novalet([...launch, ...inject, ...inject]);
  assert.match(twice.stderr, /INJECTED_FILE_INVALID/);
});
