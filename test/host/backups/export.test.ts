// An instance as one file, and back: with a guest that writes, reads and compares.
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { runCommand } from '../support/run-command.ts';
import { PACKAGE, World } from '../support/world.ts';

const world = await World.make();
const flavor = {
  name: 'full',
  vcpus: 1,
  memoryMiB: 256,
  rootGiB: 0,
  ephemeralGiB: 1,
  swapMiB: 64,
  extraSpecs: {},
};
const file = join(world.stateDir, 'one.tar');
after(() => world[Symbol.asyncDispose]());

before(async () => {
  const compute = await world.compute();
  await world.minimalImage();
  await compute.flavors.create(flavor);
  await compute.launch({
    image: 'minimal',
    name: 'one',
    flavor: 'full',
    agent: 'drive',
    userData: Buffer.from('#cloud-config\nfqdn: one.example\n'),
    metadata: { who: 'me' },
    tags: ['kept'],
  });
  await compute.waitFor('one', { kind: 'agent' });
});

test('a running guest is exported as it was at one moment, and its copy has what it had written', async () => {
  const compute = await world.compute();
  await inGuest('one', 'echo before >/dev/vdb; sync');
  const done = await world.novalet(['export', 'one', file, '-o', 'json']);
  assert.equal(done.status, 0, done.stderr);
  await inGuest('one', 'echo behind >/dev/vdb; sync');
  assert.deepEqual(
    (JSON.parse(done.stdout) as { members: { name: string }[] }).members.map(({ name }) => name),
    [
      'guest-input.json',
      'disks/disk',
      'disks/disk.local',
      'disks/disk.swap',
      'disks/disk.config',
      'disks/disk.agent',
      'kernel',
      'ramdisk',
    ],
  );
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const { stdout } = await runProgram('tar', ['-tf', file]);
  assert.match(stdout, /^manifest\.json\nguest-input\.json\ndisks\/disk\n/);

  const copied = await world.novalet(['import', file, '--name', 'two', '-o', 'json']);
  assert.equal(copied.status, 0, copied.stderr);
  const [one, two] = [await compute.show('one'), await compute.show('two')];
  assert.equal(two.status, 'SHUTOFF');
  assert.notEqual(two.instance.id, one.instance.id);
  assert.notEqual(two.instance.ports[0]?.mac, one.instance.ports[0]?.mac);
  assert.notDeepEqual(two.addresses, one.addresses);
  assert.deepEqual(two.instance.metadata, { who: 'me' });
  assert.deepEqual(two.instance.tags, ['kept']);
  assert.equal(two.instance.hostname, 'two');
  await compute.start('two');
  await compute.waitFor('two', { kind: 'agent' });
  assert.equal(await inGuest('two', 'head -n 1 /dev/vdb'), 'before\n');
  assert.equal(await inGuest('one', 'head -n 1 /dev/vdb'), 'behind\n');
  const documents = await compute.documents.noCloud('two');
  assert.match(Buffer.from(documents.get('user-data') ?? []).toString(), /fqdn: one\.example/);
  await compute.delete('two');
});

test('a guest that is paused, suspended or off is exported too, and is as it was afterwards', async () => {
  const compute = await world.compute();
  const exported = async () => {
    const { status } = await compute.show('one');
    const { consistency, leftOut, members } = await compute.exportInstance('one', {
      to: () => Promise.resolve(),
    });
    assert.equal(members.length, 8);
    assert.equal((await compute.show('one')).status, status);
    return [status, consistency, leftOut.length];
  };
  await compute.pause('one');
  assert.deepEqual(await exported(), ['PAUSED', 'crash', 0]);
  await compute.unpause('one');
  await compute.suspend('one');
  assert.deepEqual(await exported(), ['SUSPENDED', 'crash', 1]); // without its memory
  await compute.resume('one');
  assert.equal(await inGuest('one', 'head -n 1 /dev/vdb'), 'behind\n');
  await compute.stop('one', { force: true });
  assert.deepEqual(await exported(), ['SHUTOFF', 'off', 0]);
});

test('an instance moves: with its id it has the same cards, addresses and drives', async () => {
  const compute = await world.compute();
  const moved = join(world.stateDir, 'moved.tar');
  const before = await compute.show('one');
  const drive = () => readFile(join(world.stateDir, 'state/instances', before.instance.id, 'disk.config'));
  const read = await drive();
  await compute.exportInstance('one', { to: moved, compress: true });
  assert.ok((await stat(moved)).size < (await stat(file)).size, 'it is compressed');
  await assert.rejects(compute.exportInstance('one', { to: moved }), (error) =>
    isFault(error, 'EXPORT_TARGET_EXISTS'),
  );
  await assert.rejects(
    compute.exportInstance('one', { to: join(world.stateDir, 'nowhere', 'one.tar') }),
    (error) => isFault(error, 'HOST_FILE_NOT_FOUND'),
  );
  await compute.delete('one');
  await compute.importInstance({ from: moved, keepId: true });
  const after = await compute.show('one');
  assert.equal(after.instance.id, before.instance.id);
  assert.deepEqual(after.instance.ports, before.instance.ports);
  assert.deepEqual(after.addresses, before.addresses);
  assert.deepEqual(await drive(), read);
});

test('one command writes to a pipe what another one reads from it', async () => {
  const novalet = `${join(PACKAGE, 'scripts', 'novalet')} --config ${world.configFile}`;
  const line = `set -o pipefail; ${novalet} export one - | ${novalet} import - --name three -o json`;
  const { status, stdout, stderr } = await runCommand('bash', ['-c', line]);
  assert.equal(status, 0, stderr);
  assert.equal((JSON.parse(stdout) as { name: string }).name, 'three');
  const compute = await world.compute();
  await compute.start('three');
  await compute.waitFor('three', { kind: 'agent' });
  assert.equal(await inGuest('three', 'head -n 1 /dev/vdb'), 'behind\n');
});

async function inGuest(name: string, script: string): Promise<string> {
  const compute = await world.compute();
  const { exitCode, stdout, stderr } = await compute.exec(name, { argv: ['/bin/sh', '-c', script] });
  assert.equal(exitCode, 0, stderr.toString());
  return stdout.toString();
}
