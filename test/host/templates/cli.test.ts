// Templates of real guests, by the command line alone: made, looked at, launched from, and removed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CommandResult } from '../support/run-command.ts';
import { World } from '../support/world.ts';

const LIMIT = { timeout: 240_000 };
const world = await World.make();
after(() => world[Symbol.asyncDispose]());

/** Of a command that succeeds, as a person would type it. */
async function told(...args: readonly string[]): Promise<CommandResult> {
  const done = await world.novalet(args, { timeoutMs: 180_000 });
  assert.equal(done.status, 0, `${args.join(' ')}: ${done.stderr}`);
  return done;
}

async function read(...args: readonly string[]) {
  return JSON.parse((await told(...args, '-o', 'json')).stdout);
}

before(async () => {
  await world.minimalImage();
  await world.closeCompute();
  await told('flavor', 'create', 'small', '--vcpus', '1', '--memory', '256', '--root', '0');
}, LIMIT);

test('a template of an image is made, listed and shown, and its guest is gone', LIMIT, async () => {
  const made = await read('template', 'create', 'minimal', '--name', 'base', '--flavor', 'small');
  assert.deepEqual(
    [made.name, made.state, made.stale, made.users, made.source.kind, made.source.name, made.flavor.name],
    ['base', 'ready', null, [], 'image', 'minimal', 'small'],
  );
  const files: readonly { name: string; size_bytes: number; allocated_bytes: number; sha256: string }[] =
    made.files;
  assert.deepEqual(files.map(({ name }) => name).toSorted(), ['disk', 'kernel', 'memory', 'ramdisk']);
  assert.equal(
    made.size_bytes,
    files.reduce((sum, { size_bytes: size }) => sum + size, 0),
  );
  for (const { sha256 } of files) assert.match(sha256, /^[0-9a-f]{64}$/);
  assert.deepEqual(made.inside.has_cloud_init, false);
  assert.deepEqual(await read('template', 'show', 'base'), made);
  assert.deepEqual(await read('template', 'list'), [made]);
  assert.deepEqual(await read('list'), []);
  const { stdout } = await told('template', 'list');
  assert.match(
    stdout,
    /^NAME +STATE +SOURCE +FLAVOR +TAKES +USERS +CREATED +ID\nbase +ready +image minimal +small +/,
  );
});

test('several are launched from it at once, each told how, and programs read of each', LIMIT, async () => {
  const { stdout } = await told(
    ...['launch', '--template', 'base', 'web', '--count', '2', '--wait', 'agent', '-o', 'json'],
  );
  const launched: readonly { name: string; id: string; status: string; way: string; why: unknown }[] =
    JSON.parse(stdout);
  assert.deepEqual(
    launched.map(({ name, status, way, why }) => [name, status, way, why]),
    [
      ['web-1', 'ACTIVE', 'memory', null],
      ['web-2', 'ACTIVE', 'memory', null],
    ],
  );
  for (const { name, id } of launched) {
    assert.equal((await told('exec', name, '--', 'hostname')).stdout, `${name}\n`);
    assert.equal((await read('show', name)).id, id);
  }
  assert.deepEqual((await read('template', 'show', 'base')).users.toSorted(), ['web-1', 'web-2']);
});

test('one alone is one record to programs, and a name that is taken is refused', LIMIT, async () => {
  const one = await read('launch', '--template', 'base', 'alone', '--network', 'none', '--meta', 'role=test');
  assert.deepEqual(
    [one.name, one.status, one.way, one.why, one.metadata, one.addresses],
    ['alone', 'ACTIVE', 'memory', null, { role: 'test' }, []],
  );
  const taken = await world.novalet(['launch', '--template', 'base', 'alone']);
  assert.notEqual(taken.status, 0);
  assert.match(taken.stderr, /INSTANCE_NAME_TAKEN/);
  assert.equal((await read('list')).length, 3);
  await told('delete', 'alone');
});

test('it is verified, refused to go while it is in use, and removed when it is not', LIMIT, async () => {
  assert.deepEqual((await read('template', 'verify', 'base')).damaged, []);
  const refused = await world.novalet(['template', 'remove', 'base']);
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /The disks of (web-1, web-2|web-2, web-1) lie over those of template base/);
  await told('delete', 'web-1', 'web-2');
  const removed: readonly { name: string; status: string }[] = await read('template', 'remove', 'base');
  assert.deepEqual(
    removed.map(({ name, status }) => [name, status]),
    [['base', 'deleted']],
  );
  assert.deepEqual(await read('template', 'list'), []);
  const gone = await world.novalet(['launch', '--template', 'base']);
  assert.match(gone.stderr, /There is no template "base"/);
  assert.deepEqual((await world.snapshot())['domains'], []);
});
