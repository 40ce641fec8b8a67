// Passwords and keys through the engine: which road is taken in which state, and that a disk is changed only while it is off.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { ED25519_KEY } from '../../unit/metadata/sample.ts';
import { SLOW_AGENT, World } from '../support/world.ts';

const BOUND = { timeout: 900_000 }; // three appliances without KVM on a busy host
const NAME = 'off';
const BETWEEN = '=== another file ===';
let world: World;
let compute: Compute;
let directory = '';

before(async () => {
  world = await World.make(SLOW_AGENT);
  compute = await world.compute();
  const image = await world.debianImage();
  const { id } = await compute.launch({ image, name: NAME, network: 'none', configDrive: false });
  await compute.stop(NAME, { force: true }); // before its kernel has written anything
  directory = join(world.stateDir, 'state', 'instances', id);
}, BOUND);
after(() => world[Symbol.asyncDispose](), BOUND);

/** What is in those files of the disk. All at once: each appliance costs half a minute of a processor. */
async function filesOf(...paths: readonly string[]): Promise<readonly string[]> {
  const env = { LIBGUESTFS_BACKEND: 'direct', LIBGUESTFS_BACKEND_SETTINGS: 'force_tcg' };
  const commands = paths.flatMap((path, at) => [
    ...(at === 0 ? [] : [':', 'echo', BETWEEN, ':']),
    'cat',
    path,
  ]);
  const disk = ['--ro', '--format=qcow2', '-a', join(directory, 'disk'), '-m', '/dev/sda1'];
  const args = [...disk, ...commands];
  return (await runProgram('guestfish', args, { env, timeoutMs: 400_000 })).stdout.split(`${BETWEEN}\n`);
}

test(
  'a guest that is off gets its password and keys on its disk, and the progress says so',
  BOUND,
  async () => {
    const before = await readdir(directory);
    const steps: string[] = [];
    const request = { password: new Secret('correct horse'), expire: true, road: 'auto' } as const;
    const changed = await compute.setPassword(NAME, request, {
      onProgress: ({ step, phase }) => void steps.push(`${step} ${phase}`),
    });
    assert.deepEqual(changed, { user: 'root', via: 'offline' });
    assert.deepEqual([steps[0], steps.at(-1)], ['appliance begin', 'disk end']);
    assert.deepEqual(await readdir(directory), before);
    const keys = await compute.keys(NAME);
    const added = await keys.add([ED25519_KEY], { road: 'offline' });
    assert.deepEqual([added.via, added.keys.map(({ type }) => type)], ['offline', ['ssh-ed25519']]);
    const [shadow = '', authorized] = await filesOf('/etc/shadow', '/root/.ssh/authorized_keys');
    assert.match(shadow, /^root:\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}:0:/m);
    assert.equal(authorized?.trim(), ED25519_KEY);
    assert.equal((await compute.show(NAME)).instance.vmState, 'stopped');
  },
);

test(
  'the road that is not there is refused: the agent of a guest that is off, the disk of one that runs',
  BOUND,
  async () => {
    const conflict = (error: unknown) => isFault(error, 'INSTANCE_STATE_CONFLICT');
    const password = new Secret('x');
    await assert.rejects(compute.setPassword(NAME, { password }), conflict);
    await assert.rejects((await compute.keys(NAME)).list(), conflict);
    await compute.start(NAME);
    await assert.rejects(compute.setPassword(NAME, { password, road: 'offline' }), conflict);
    await compute.stop(NAME, { force: true });
  },
);
