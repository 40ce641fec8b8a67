// Whole Debian guests that find the same on every carrier: cloud-init says which one it took, and what it did is looked at inside.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Compute, LaunchRequest } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { SLOW_AGENT, World } from '../support/world.ts';

const BOOT_MS = 600_000; // without KVM on a busy host
const FILES = [
  {
    name: 'zone.yaml',
    bytes: Buffer.from(
      '#cloud-config\ntimezone: Europe/Lisbon\nwrite_files: [{ path: /etc/novalet-was-here, content: "by user data" }]\n',
    ),
  },
  { name: 'run.sh', bytes: Buffer.from('#!/bin/sh\nhostname > /run/novalet-ran\n') },
];

interface Carrier {
  readonly name: string;
  readonly configuration: string;
  readonly datasource: NonNullable<LaunchRequest['datasource']>;
  readonly says: RegExp;
}

const CARRIERS: readonly Carrier[] = [
  {
    name: 'a vfat config drive',
    configuration: 'config_drive_format: vfat',
    datasource: 'config-drive',
    says: /^DataSourceConfigDrive /,
  },
  { name: 'a NoCloud ISO', configuration: '', datasource: 'nocloud', says: /^DataSourceNoCloud / },
  {
    name: 'a NoCloud vfat drive',
    configuration: 'config_drive_format: vfat',
    datasource: 'nocloud',
    says: /^DataSourceNoCloud /,
  },
];

for (const carrier of CARRIERS) {
  test(`cloud-init takes everything from ${carrier.name}`, { timeout: 2 * BOOT_MS }, async () => {
    await using world = await World.make(`${SLOW_AGENT}\n${carrier.configuration}`);
    await world.debianImage();
    const compute = await world.compute();
    const key = join(world.stateDir, 'id');
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const publicKey = (await readFile(`${key}.pub`, 'utf8')).trim();
    const size = { vcpus: 2, memoryMiB: 1024, rootGiB: 4, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
    await compute.flavors.create({ name: 'carried', ...size });
    const { datasource } = carrier;
    const name = 'carried';
    const sshKeys = [{ name: 'ada', publicKey }];
    await compute.launch({ image: 'debian', name, flavor: 'carried', userData: FILES, sshKeys, datasource });
    await compute.waitFor(name, { kind: 'cloud-init' }, { timeoutMs: BOOT_MS });
    const result = JSON.parse(await inside(compute, 'cat', '/run/cloud-init/result.json'));
    assert.match(result.v1.datasource, carrier.says);
    assert.deepEqual(result.v1.errors, []);
    assert.equal(await inside(compute, 'readlink', '/etc/localtime'), '/usr/share/zoneinfo/Europe/Lisbon');
    assert.equal(await inside(compute, 'cat', '/etc/novalet-was-here'), 'by user data');
    assert.equal(await inside(compute, 'cat', '/run/novalet-ran'), name);
    const keys = await inside(
      compute,
      'sh',
      '-c',
      'cat /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys',
    );
    assert.ok(keys.includes(publicKey.split(' ')[1] ?? 'no key'), keys);
    const [reserved] = (await compute.show(name)).addresses;
    const own = await inside(compute, 'ip', '-4', '-o', 'address', 'show');
    assert.ok(reserved !== undefined && own.includes(`${reserved}/`), own);
  });
}

async function inside(compute: Compute, ...argv: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await compute.exec('carried', { argv });
  assert.equal(exitCode, 0, stderr.toString());
  return stdout.toString('utf8').trim();
}
