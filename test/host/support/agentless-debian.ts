// The Debian test image without its guest agent: as a stock cloud image is. Its files are taken out of the filesystem offline.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { runProgram } from '../../../src/hostlink/index.ts';
import { DEBIAN_IMAGE, type World } from './world.ts';

const SECTOR = 512;
const FILES = [
  '/usr/sbin/qemu-ga',
  '/usr/lib/systemd/system/qemu-guest-agent.service',
  '/usr/lib/udev/rules.d/60-qemu-guest-agent.rules',
  '/etc/init.d/qemu-guest-agent',
] as const;

/** Adds it to the world; gives the image's name. */
export async function agentlessDebian(world: World): Promise<string> {
  const disk = join(world.stateDir, 'agentless.raw');
  await runProgram('qemu-img', ['convert', '-O', 'raw', DEBIAN_IMAGE, disk]);
  const system = `${disk}?offset=${await rootOffset(disk)}`;
  for (const file of FILES) await runProgram('debugfs', ['-w', '-R', `rm ${file}`, system]);
  for (const file of FILES) {
    const { stderr } = await runProgram('debugfs', ['-R', `stat ${file}`, system]);
    assert.match(stderr, /File not found/, `${file} is still there`);
  }
  const compute = await world.compute();
  await compute.images.add({ source: disk, name: 'agentless' });
  return 'agentless';
}

/** In bytes; the recipe calls the partition `root`. */
async function rootOffset(disk: string): Promise<number> {
  const { stdout } = await runProgram('sfdisk', ['--json', disk]);
  const table: { partitiontable: { partitions: { name?: string; start: number }[] } } = JSON.parse(stdout);
  const root = table.partitiontable.partitions.find(({ name }) => name === 'root');
  assert.ok(root !== undefined, 'the image has no partition that is called root');
  return root.start * SECTOR;
}
