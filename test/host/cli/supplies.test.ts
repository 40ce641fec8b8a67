// Flavors, images and this host through the command line; no guest runs.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { World } from '../support/world.ts';

test('the five default flavors exist from the start, and a flavor lives until it is removed', async () => {
  await using world = await World.make();
  const list = async () => {
    const { stdout } = await world.novalet(['flavor', 'list', '-o', 'json']);
    return JSON.parse(stdout).map(({ name }: { name: string }) => name);
  };
  const defaults = ['m1.tiny', 'm1.small', 'm1.medium', 'm1.large', 'm1.xlarge'];
  assert.deepEqual((await list()).sort(), [...defaults].sort());
  const created = await world.novalet(
    'flavor create big --vcpus 3 --memory 2G --root 5 --ephemeral 1 --swap 256 --property hw:cpu_sockets=1 -o json'.split(
      ' ',
    ),
  );
  assert.equal(created.status, 0, created.stderr);
  assert.deepEqual(JSON.parse((await world.novalet(['flavor', 'show', 'big', '-o', 'json'])).stdout), {
    name: 'big',
    vcpus: 3,
    memory_mb: 2048,
    root_gb: 5,
    ephemeral_gb: 1,
    swap_mb: 256,
    properties: { 'hw:cpu_sockets': '1' },
  });
  const twice = await world.novalet(['flavor', 'create', 'big', '--memory', '512']);
  assert.equal(twice.status, 4, twice.stderr);
  const removed = await world.novalet(['flavor', 'remove', 'big', 'nobody']);
  assert.equal(removed.status, 3, removed.stderr);
  assert.match(removed.stderr, /Removed big\n/);
  assert.deepEqual((await list()).sort(), [...defaults].sort());
});

test('an image is added, listed, shown and removed', async () => {
  await using world = await World.make();
  const file = join(world.stateDir, 'empty.raw');
  await writeFile(file, Buffer.alloc(1024 * 1024));
  const added = await world.novalet([
    'image',
    'add',
    file,
    '--disk-format',
    'raw',
    '--min-disk',
    '2',
    '-o',
    'json',
  ]);
  assert.equal(added.status, 0, added.stderr);
  const image = JSON.parse(added.stdout);
  assert.equal(image.min_disk_gb, 2);
  assert.equal(image.size_bytes, 1024 * 1024);
  const [listed] = JSON.parse((await world.novalet(['image', 'list', '-o', 'json'])).stdout);
  assert.deepEqual(listed, image);
  assert.match(
    (await world.novalet(['image', 'list'])).stdout,
    new RegExp(`^NAME .*\n${image.name} .*${image.id}\n$`),
  );
  assert.equal((await world.novalet(['__complete', 'image'])).stdout, `${image.name}\n`);
  assert.equal((await world.novalet(['image', 'remove', image.name])).status, 0);
  assert.equal((await world.novalet(['image', 'list', '-o', 'json'])).stdout, '[]\n');
  assert.equal((await world.novalet(['image', 'show', image.name])).status, 3);
});

test('an image that is not what it says is refused and leaves nothing', async () => {
  await using world = await World.make();
  const file = join(world.stateDir, 'false.qcow2');
  await writeFile(file, 'this is no disk');
  const { status, stdout, stderr } = await world.novalet(['image', 'add', file, '--disk-format', 'qcow2']);
  assert.ok(status === 2 || status === 10, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /hint: /);
  assert.equal((await world.novalet(['image', 'list', '-o', 'json'])).stdout, '[]\n');
});

test('what is not there has status 3 and a hint', async () => {
  await using world = await World.make();
  for (const argv of [
    ['show', 'nobody'],
    ['addresses', 'nobody'],
    ['delete', 'nobody'],
    ['console', 'nobody'],
    ['launch', 'no-such-image'],
    ['flavor', 'show', 'm1.tinny'],
    ['image', 'show', 'nothing'],
    ['image', 'build', 'windows'],
    ['image', 'pull', 'debain:12'],
  ]) {
    const { status, stdout, stderr } = await world.novalet([...argv, '--quiet']);
    assert.deepEqual([status, stdout], [3, ''], `${argv.join(' ')}: ${stderr}`);
    assert.match(stderr, /^novalet: .+ \[[A-Z_]+\]\n {2}hint: /);
  }
  assert.equal((await world.novalet(['exec', 'nobody', '--', 'true'])).status, 125);
});

test('no libvirt at the other end is said once, with the cure, and leaves nothing', async () => {
  await using world = await World.make();
  const file = join(world.stateDir, 'empty.raw');
  await writeFile(file, Buffer.alloc(1024 * 1024));
  await world.novalet(['image', 'add', file, '--disk-format', 'raw']);
  const elsewhere = ['--connect', 'qemu+unix:///system?socket=/nonexistent/sock'];
  const { status, stderr } = await world.novalet(['launch', 'empty', '--quiet', ...elsewhere]);
  assert.equal(status, 9, stderr);
  assert.match(stderr, /^novalet: .+ \[[A-Z_]+\]\n {2}hint: .+\n$/);
  assert.equal((await world.novalet(['list', '-o', 'json'])).stdout, '[]\n');
});

test('doctor finds this host as it is, in every form', async () => {
  await using world = await World.make();
  const { status, stdout } = await world.novalet(['doctor', '-o', 'json']);
  const findings: { status: string; fix: string | null }[] = JSON.parse(stdout);
  assert.ok(findings.length > 3);
  assert.ok(findings.every((finding) => finding.status === 'ok' || finding.fix !== null));
  assert.equal(status, findings.some((finding) => finding.status === 'problem') ? 1 : 0);
  assert.match((await world.novalet(['doctor'])).stdout, /CHECK +FINDING\n/);
});
