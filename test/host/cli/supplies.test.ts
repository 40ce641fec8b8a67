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

test('an image gets properties and loses them, and none that is wrong', async () => {
  await using world = await World.make();
  const file = join(world.stateDir, 'empty.raw');
  await writeFile(file, Buffer.alloc(1024 * 1024));
  const add = ['image', 'add', file, '--disk-format', 'raw', '--name', 'empty'];
  const misspelt = await world.novalet([...add, '--property', 'hw_disk_buss=scsi']);
  assert.equal(misspelt.status, 2);
  assert.match(misspelt.stderr, /hw_disk_bus\?/);
  assert.equal((await world.novalet([...add, '--property', 'hw_disk_bus=scsi'])).status, 0);
  const set = async (...words: string[]) => world.novalet(['image', 'set', 'empty', ...words, '-o', 'json']);
  const changed = await set(
    '--property',
    'hw_vif_model=e1000',
    '--remove-property',
    'hw_disk_bus',
    '--min-ram',
    '64',
  );
  const { properties, min_ram_mb } = JSON.parse(changed.stdout);
  assert.deepEqual([properties, min_ram_mb], [{ hw_vif_model: 'e1000' }, 64]);
  const bad = await set('--property', 'hw_watchdog_action=bark');
  assert.equal(bad.status, 2);
  assert.match(bad.stderr, /IMAGE_PROPERTY_INVALID[\s\S]*hw_watchdog_action must be one of none, pause/);
  const torn = await set('--property', 'os_secure_boot=required', '--property', 'hw_firmware_type=bios');
  assert.match(torn.stderr, /IMAGE_PROPERTIES_CONFLICT/);
  const shown = JSON.parse((await world.novalet(['image', 'show', 'empty', '-o', 'json'])).stdout);
  assert.deepEqual(shown.properties, { hw_vif_model: 'e1000' });
  assert.equal((await world.novalet(['image', 'set', 'nobody', '--min-ram', '64'])).status, 3);
});

test('a flavor with a wrong extra spec is refused when it is made, with the nearest name or what is allowed', async () => {
  await using world = await World.make();
  const create = async (pair: string) =>
    world.novalet(['flavor', 'create', 'odd', '--memory', '64', '--property', pair]);
  for (const [pair, status, message] of [
    ['hw:watchdog_acton=reset', 2, /EXTRA_SPEC_UNKNOWN[\s\S]*hw:watchdog_action/],
    ['hw:watchdog_action=bark', 2, /EXTRA_SPEC_INVALID[\s\S]*one of none, pause/],
    ['hw:mem_encryption=yes', 7, /EXTRA_SPEC_UNSUPPORTED[\s\S]*SEV/],
    ['hw:locked_memory=yes', 2, /hw:mem_page_size/],
  ] as const) {
    const refused = await create(pair);
    assert.equal(refused.status, status, refused.stderr);
    assert.match(refused.stderr, message);
  }
  assert.equal((await create('acme:colour=blue')).status, 0);
});

test('a misspelt key is refused wherever it is entered, with the name that was meant, and nothing is kept', async () => {
  await using world = await World.make();
  const file = join(world.stateDir, 'empty.raw');
  await writeFile(file, Buffer.alloc(1024 * 1024));
  const add = ['image', 'add', file, '--disk-format', 'raw', '--name'];
  assert.equal((await world.novalet([...add, 'empty'])).status, 0);
  const described = {
    flavor: { name: 'odd', vcpus: 1, memory_mb: 64, extra_specs: { 'hw:cpu_polcy': 'dedicated' } },
    image: {},
    instance: { uuid: '6b1f4a52-0d54-4b6e-9d2c-1f1f6a3c9e01' },
  };
  const entries: readonly (readonly [readonly string[], string, string, string?])[] = [
    [
      ['flavor', 'create', 'odd', '--memory', '64', '--property', 'hw:cpu_polcy=dedicated'],
      'EXTRA_SPEC_UNKNOWN',
      'hw:cpu_policy',
    ],
    [['image', 'set', 'empty', '--property', 'hw_disk_bsu=virtio'], 'IMAGE_PROPERTY_UNKNOWN', 'hw_disk_bus'],
    [[...add, 'odd', '--property', 'hw_vif_modle=e1000'], 'IMAGE_PROPERTY_UNKNOWN', 'hw_vif_model'],
    [['render', '-'], 'EXTRA_SPEC_UNKNOWN', 'hw:cpu_policy', JSON.stringify(described)],
  ];
  for (const [args, code, meant, stdin = ''] of entries) {
    const { status, stdout, stderr } = await world.novalet(['-o', 'json', ...args], { stdin });
    assert.deepEqual([status, stdout], [2, ''], `${args.join(' ')}: ${stderr}`);
    const { error } = JSON.parse(stderr);
    assert.deepEqual([error.code, error.kind, error.details.nearest], [code, 'invalid', meant]);
    assert.match(error.hint, new RegExp(`Did you mean ${meant}\\?`));
  }
  const names = async (what: string) =>
    JSON.parse((await world.novalet([what, 'list', '-o', 'json'])).stdout).map(
      ({ name }: { name: string }) => name,
    );
  assert.ok(!(await names('flavor')).includes('odd'));
  assert.deepEqual(await names('image'), ['empty']);
  const [image] = JSON.parse((await world.novalet(['image', 'list', '-o', 'json'])).stdout);
  assert.deepEqual(image.properties, {});
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
