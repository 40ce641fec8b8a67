// Disks of a domain that somebody else made: what needs only libvirt works, what would need a place of novalet's is refused.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MIB } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { defineForeignGuest, definitionOf } from '../adopt/foreign-guest.ts';
import { World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

const NAME = 'nova-foreign';
let compute: Compute;
let domain: string;
let file: string;

before(async () => {
  compute = await world.compute();
  const drive = '<disk type="file" device="cdrom"><target dev="sda" bus="sata"/><readonly/></disk>';
  ({ domain } = await defineForeignGuest(world, 'foreign', drive));
  await compute.adopt({ domain });
  file = join(world.stateDir, 'data.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', file, '2M']);
});

test('a file comes and goes, and the rest of the definition stays', async () => {
  const before = await definitionOf(domain);
  const disk = await compute.disks.attach(NAME, { source: { kind: 'file', path: file } });
  assert.equal(disk.target, 'vdb');
  assert.match(await definitionOf(domain), new RegExp(`${file}[\\s\\S]*${disk.id}`));
  assert.deepEqual(
    (await compute.disks.list(NAME)).map(({ target, role }) => `${target} ${role}`),
    ['vda null', 'vdb volume', 'sda null'],
  );
  await assert.rejects(compute.disks.attach(NAME, { source: { kind: 'file', path: file } }), {
    code: 'DISK_IN_USE',
  });
  assert.equal((await compute.show(NAME)).instance.adoption?.domainXml.includes(file), true);
  await compute.disks.detach(NAME, 'vdb');
  assert.equal(await definitionOf(domain), before);
  assert.equal((await compute.show(NAME)).instance.adoption?.domainXml.includes(file), false);
});

test('its own disks are neither detached nor grown, and nothing is made for it', async () => {
  await assert.rejects(compute.disks.detach(NAME, 'vda'), { code: 'DISK_NOT_ATTACHED' });
  await assert.rejects(compute.disks.grow(NAME, 'vda', 8 * MIB), { code: 'INSTANCE_ADOPTED' });
  await assert.rejects(compute.disks.attach(NAME, { source: { kind: 'new', sizeBytes: MIB } }), {
    code: 'INSTANCE_ADOPTED',
  });
});

test('a CD of a file goes into its drive and out of it', async () => {
  const iso = join(world.stateDir, 'cd.iso');
  await runProgram('xorriso', ['-as', 'mkisofs', '-quiet', '-V', 'cd', '-o', iso, file]);
  const view = await compute.disks.insert(NAME, 'sda', { kind: 'file', path: iso });
  assert.equal(view.source, `file ${iso}`);
  assert.match(await definitionOf(domain), /cd\.iso/);
  assert.equal((await compute.disks.eject(NAME, 'sda')).source, null);
  assert.doesNotMatch(await definitionOf(domain), /cd\.iso/);
});
