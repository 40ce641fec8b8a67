// A template of a Debian guest, and two that go on from it: what one guest alone may have differs, what the template was told
// is nowhere, and cloud-init's second run brings what each was told.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Compute, TemplateView } from '../../../src/compute/index.ts';
import type { Instance } from '../../../src/model/index.ts';
import { SLOW_AGENT, World } from '../support/world.ts';

const LIMIT = { timeout: 600_000 };
const NAMES = ['one', 'two'];
const world = await World.make(SLOW_AGENT);
const keys = mkdtempSync(join(tmpdir(), 'nvt-keys-'));
after(async () => {
  rmSync(keys, { recursive: true, force: true });
  await world[Symbol.asyncDispose]();
}, LIMIT);

const secret = `secret-${randomBytes(12).toString('hex')}`;
let compute: Compute;
let made: TemplateView;
let clones: readonly Instance[];

function keyOf(name: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(keys, name)]);
  return readFileSync(join(keys, `${name}.pub`), 'utf8').trim();
}

async function run(name: string, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await compute.exec(name, { argv: ['sh', '-c', script], via: 'agent' });
  assert.equal(exitCode, 0, stderr.toString());
  return stdout.toString().trim();
}

async function both(script: string): Promise<readonly string[]> {
  return await Promise.all(NAMES.map((name) => run(name, script)));
}

before(async () => {
  await world.debianImage();
  compute = await world.compute();
  const shape = { vcpus: 1, memoryMiB: 512, rootGiB: 4, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ name: 'deb', ...shape });
  const userData = `#cloud-config\n# ${secret}\nwrite_files:\n- { path: /etc/of-template, content: kept }\n`;
  made = await compute.templates.create({
    ...{ name: 'base', image: 'debian', flavor: 'deb' },
    userData: Buffer.from(userData),
    sshKeys: [{ name: 'maker', publicKey: keyOf('maker') }],
  });
}, LIMIT);

test('two go on from it within seconds, and each is somebody else', LIMIT, async (context) => {
  assert.deepEqual([...(made.template.inside?.hostKeyTypes ?? [])].sort(), ['ecdsa', 'ed25519']);
  const began = performance.now();
  const launched = await Promise.all(
    NAMES.map((name) =>
      compute.templates.launch('base', {
        ...{ name, network: 'none', metadata: { of: name } },
        sshKeys: [{ name, publicKey: keyOf(name) }],
        userData: Buffer.from(`#cloud-config\nwrite_files:\n- { path: /etc/own, content: ${name} }\n`),
      }),
    ),
  );
  context.diagnostic(`both after ${((performance.now() - began) / 1000).toFixed(2)} s`);
  assert.deepEqual(
    launched.map(({ way, why }) => [way, why]),
    [
      ['memory', null],
      ['memory', null],
    ],
  );
  clones = launched.map(({ instance }) => instance);
  assert.deepEqual(await both('hostname'), NAMES);
  assert.deepEqual(
    await both('cat /etc/machine-id'),
    clones.map(({ id }) => id.replaceAll('-', '')),
  );
  for (const alone of [
    'cat /etc/ssh/ssh_host_ed25519_key.pub | cut -d" " -f2',
    'cat /etc/ssh/ssh_host_ecdsa_key.pub | cut -d" " -f2',
    'head -c 32 /dev/urandom | od -An -tx1',
    'cat /proc/sys/kernel/random/uuid',
  ])
    assert.equal(new Set(await both(alone)).size, 2, alone);
  assert.deepEqual(await both('cat /etc/of-template'), ['kept', 'kept']);
  assert.equal(new Set(await both('cat /proc/sys/kernel/random/boot_id; md5sum </usr/bin/dash')).size, 1);
  const clocks = (await both('date +%s')).map(Number);
  for (const clock of clocks) assert.ok(Math.abs(clock * 1000 - Date.now()) < 60_000, String(clock));
});

test("cloud-init's second run brings what each was told, and keeps its host keys", LIMIT, async () => {
  const before = await both('cat /etc/ssh/ssh_host_*_key.pub');
  for (const name of NAMES) await compute.waitFor(name, { kind: 'cloud-init' }, { timeoutMs: 500_000 });
  assert.deepEqual(await both('cat /etc/own'), NAMES);
  assert.deepEqual(
    await both('cat /var/lib/cloud/data/instance-id'),
    clones.map(({ id }) => id),
  );
  assert.deepEqual(await both("cut -d' ' -f3 /home/debian/.ssh/authorized_keys"), NAMES);
  assert.deepEqual(await both('cat /etc/ssh/ssh_host_*_key.pub'), before);
});

test('nothing of what the template was told is left, in a clone or in its files', LIMIT, async () => {
  const found = await both(
    `grep -rlsI -e '${secret.slice(0, 6)}''${secret.slice(6)}' / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev || echo none`,
  );
  assert.deepEqual(found, ['none', 'none']);
  const { template } = made;
  for (const { name } of template.files) {
    const path = join(world.stateDir, 'state', 'templates', template.id, name);
    assert.equal(readFileSync(path).includes(secret), false, name);
  }
  assert.deepEqual((await compute.templates.verify('base')).damaged, new Map());
});
