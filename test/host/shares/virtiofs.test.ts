// A folder of the host in a guest, over virtiofs: at the launch and later, both ways, with the owners that the guest gives.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { PACKAGE, World } from '../support/world.ts';

const BOUND = { timeout: 240_000 };
const world = await World.make();
after(() => world[Symbol.asyncDispose]());
const folder = join(world.stateDir, 'shared');
const second = join(world.stateDir, 'second');
let compute: Compute;
before(async () => {
  for (const path of [folder, second]) {
    mkdirSync(path);
    chmodSync(path, 0o777);
  }
  writeFileSync(join(folder, 'from-here'), 'of the host\n');
  await world.minimalImage();
  compute = await world.compute();
});

async function inGuest(script: string): Promise<string> {
  const { stdout, stderr, exitCode } = await compute.exec('vm', {
    argv: ['sh', '-c', script],
    timeoutMs: 60_000,
  });
  assert.equal(exitCode, 0, stderr.toString());
  return stdout.toString().trim();
}

async function definedTags(): Promise<readonly string[]> {
  const { instance } = await compute.show('vm');
  const words = ['-c', 'qemu:///system', 'dumpxml', instance.domainName, '--inactive'];
  const { stdout } = await runProgram('virsh', words);
  const filesystems = stdout.match(/<filesystem[\s\S]*?<\/filesystem>/g) ?? [];
  return filesystems.map((one) => /<target dir='([^']+)'/.exec(one)?.[1] ?? '');
}

async function booted(): Promise<void> {
  await compute.waitFor('vm', { kind: 'agent' }, { timeoutMs: 120_000 });
}

test('what a launch shares is read and written by the guest, and by the host', BOUND, async () => {
  symlinkSync(folder, join(world.stateDir, 'link'));
  const shared = `${join(world.stateDir, 'link')}:data`;
  const launched = await world.novalet([
    'launch',
    'minimal',
    '--name',
    'vm',
    '--share',
    shared,
    '-o',
    'json',
  ]);
  assert.equal(launched.status, 0, launched.stderr);
  assert.deepEqual((await compute.show('vm')).instance.shares, [
    { tag: 'data', path: folder, driver: 'virtiofs', readOnly: false },
  ]);
  await booted();
  await inGuest('mkdir /mnt/data && mount -t virtiofs data /mnt/data');
  assert.equal(await inGuest('cat /mnt/data/from-here'), 'of the host');
  await inGuest('echo of the guest >/mnt/data/from-there && chown 1000:1000 /mnt/data/from-there');
  assert.equal(readFileSync(join(folder, 'from-there'), 'utf8'), 'of the guest\n');
  assert.deepEqual(ownerOf('from-there'), [1000, 1000]);
  writeFileSync(join(folder, 'from-here'), 'changed\n');
  assert.equal(await inGuest('cat /mnt/data/from-here'), 'changed');
});

/** virtiofs hands the guest's owners on: what docs/security.md warns of. */
function ownerOf(name: string): readonly [uid: number, gid: number] {
  const { uid, gid } = statSync(join(folder, name));
  return [uid, gid];
}

test('a link that the guest makes leads it nowhere but within itself', BOUND, async () => {
  const secret = join(world.stateDir, 'secret');
  writeFileSync(secret, 'not for guests\n');
  const found = await inGuest(
    `ln -s ${secret} /mnt/data/out; cat /mnt/data/out /mnt/data/../secret 2>/dev/null || echo nothing`,
  );
  assert.equal(found, 'nothing');
});

test('shares of a guest that is off come and go, and those of one that runs stay', BOUND, async () => {
  await assert.rejects(compute.shares.add('vm', { path: second, tag: 'more' }), (error) =>
    isFault(error, 'INSTANCE_STATE_CONFLICT'),
  );
  await compute.stop('vm', { force: true });
  const added = await world.novalet(['share', 'add', 'vm', `${second}:more`]);
  assert.match(added.stderr, /mount -t virtiofs more \/mnt\n$/);
  assert.deepEqual(await definedTags(), ['data', 'more']);
  for (const [request, code] of [
    [{ path: second, tag: 'more' }, 'SHARE_TAG_TAKEN'],
    [{ path: join(folder, 'from-here'), tag: 'file' }, 'SHARE_PATH_NOT_FOUND'],
    [{ path: join(folder, 'none'), tag: 'none' }, 'SHARE_PATH_NOT_FOUND'],
    [{ path: '/', tag: 'all' }, 'SHARE_PATH_RESERVED'],
    [{ path: join(world.stateDir, 'state', 'instances'), tag: 'state' }, 'SHARE_PATH_RESERVED'],
  ] as const) {
    await assert.rejects(compute.shares.add('vm', request), (error) => isFault(error, code), code);
  }
  await compute.shares.remove('vm', 'data');
  await assert.rejects(compute.shares.remove('vm', 'data'), (error) => isFault(error, 'SHARE_NOT_FOUND'));
  assert.deepEqual(await definedTags(), ['more']);
  await compute.start('vm');
  await booted();
  await inGuest('mkdir /mnt/more && mount -t virtiofs more /mnt/more && echo here >/mnt/more/file');
  assert.equal(readFileSync(join(second, 'file'), 'utf8'), 'here\n');
  const listed = JSON.parse((await world.novalet(['share', 'list', 'vm', '-o', 'json'])).stdout);
  assert.deepEqual(listed, [{ tag: 'more', path: second, driver: 'virtiofs', read_only: false }]);
});

test('killed between the record and the definition, the next command makes both agree', BOUND, async () => {
  await compute.stop('vm', { force: true });
  await world.closeCompute();
  const program = join(PACKAGE, 'test', 'host', 'shares', 'share-and-die.ts');
  const child = spawn(process.execPath, [program, world.configFile, 'vm', folder, 'late'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 120_000,
  });
  assert.deepEqual(await once(child, 'close'), [null, 'SIGKILL']);
  compute = await world.compute();
  const { instance } = await compute.show('vm');
  assert.deepEqual(
    instance.shares.map(({ tag }) => tag),
    ['more', 'late'],
  );
  assert.deepEqual(await definedTags(), ['more', 'late']);
  assert.equal(instance.taskState, null);
});
