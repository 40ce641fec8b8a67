// The Debian test image without its guest agent, as a stock cloud image is: the package's files and dpkg's memory of it are
// taken out of the filesystem offline. In place of the network's archive it may have one of its own, with that package.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../../../src/hostlink/index.ts';
import { DEBIAN_IMAGE, type World } from './world.ts';

const SECTOR = 512;
const STATUS = '/var/lib/dpkg/status';
const FILES = [
  '/usr/sbin/qemu-ga',
  '/usr/lib/systemd/system/qemu-guest-agent.service',
  '/usr/lib/udev/rules.d/60-qemu-guest-agent.rules',
  '/etc/init.d/qemu-guest-agent',
] as const;
/** What apt is told to look at. */
export const OWN_ARCHIVE = 'deb [trusted=yes] file:/opt/archive ./';

/** Adds it to the world; gives the image's name. `withArchive` puts Debian's package where `OWN_ARCHIVE` says. */
export async function agentlessDebian(world: World, { withArchive = false } = {}): Promise<string> {
  const disk = join(world.stateDir, 'agentless.raw');
  await runProgram('qemu-img', ['convert', '-O', 'raw', DEBIAN_IMAGE, disk]);
  const system = `${disk}?offset=${await rootOffset(disk)}`;
  for (const file of FILES) await change(system, `rm ${file}`);
  const status = join(world.stateDir, 'status');
  await change(system, `dump ${STATUS} ${status}`);
  const stanzas = (await readFile(status, 'utf8')).split('\n\n');
  const others = stanzas.filter((stanza) => !stanza.startsWith('Package: qemu-guest-agent\n'));
  assert.equal(others.length, stanzas.length - 1);
  await writeFile(status, others.join('\n\n'));
  await change(system, `rm ${STATUS}`, `write ${status} ${STATUS}`);
  if (withArchive) await addArchive(system, join(world.stateDir, 'archive'));
  const compute = await world.compute();
  await compute.images.add({ source: disk, name: 'agentless' });
  return 'agentless';
}

async function addArchive(system: string, folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o777 });
  await runProgram('apt-get', ['download', '-q', 'qemu-guest-agent'], { cwd: folder });
  const [fetched = ''] = await readdir(folder);
  const bytes = await readFile(join(folder, fetched));
  const { stdout: control } = await runProgram('dpkg-deb', ['--field', join(folder, fetched)]);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const more = `Filename: ./agent.deb\nSize: ${bytes.length}\nSHA256: ${sha256}\n`;
  await writeFile(join(folder, 'Packages'), control + more);
  await change(system, 'mkdir /opt/archive');
  await change(system, `write ${join(folder, fetched)} /opt/archive/agent.deb`);
  await change(system, `write ${join(folder, 'Packages')} /opt/archive/Packages`);
}

/** debugfs ends with 0 whatever happens, and says on stderr, behind its version, what went wrong. */
async function change(system: string, ...requests: readonly string[]): Promise<void> {
  for (const request of requests) {
    const { stderr } = await runProgram('debugfs', ['-w', '-R', request, system]);
    assert.match(stderr, /^debugfs [^\n]*\n$/, `${request}: ${stderr}`);
  }
}

/** In bytes; the recipe calls the partition `root`. */
async function rootOffset(disk: string): Promise<number> {
  const { stdout } = await runProgram('sfdisk', ['--json', disk]);
  const table: { partitiontable: { partitions: { name?: string; start: number }[] } } = JSON.parse(stdout);
  const root = table.partitiontable.partitions.find(({ name }) => name === 'root');
  assert.ok(root !== undefined, 'the image has no partition that is called root');
  return root.start * SECTOR;
}
