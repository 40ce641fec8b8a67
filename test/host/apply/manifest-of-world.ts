// A file of wishes for the minimal guest, its image, a network, a port and a flavor: for tests of `apply`.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../support/world.ts';

const CACHE = process.env['NOVALET_TEST_CACHE'] ?? '/var/cache/novalet-test';

/** What a test changes in it: text that stands under a heading. */
export interface Wishes {
  readonly memory?: string;
  /** Cards of the instance beside its port; `LAB` stands for the network's name. */
  readonly cards?: string;
  readonly web?: string;
  /** Further instances, indented. */
  readonly more?: string;
}

/** Writes it, and gives its path. */
export async function writeManifest(
  world: World,
  { memory = '192', cards = '', web = '', more = '' }: Wishes = {},
): Promise<string> {
  const file = join(world.stateDir, 'vms.yaml');
  const minimal = join(CACHE, 'minimal');
  const text = `novalet: 1
images:
  minimal:
    file: ${minimal}/disk.raw
    disk_format: raw
    properties: { kernel_id: kernel, ramdisk_id: ramdisk, hw_qemu_guest_agent: true, os_distro: novalet-minimal }
  kernel: { file: ${minimal}/kernel, disk_format: aki }
  ramdisk: { file: ${minimal}/initrd, disk_format: ari }
flavors:
  small: { memory: ${memory} }
networks:
  ${world.prefix}-lab: { forward: none }
ports:
  door: { network: ${world.prefix}-lab }
instances:
  web:
    image: minimal
    flavor: small
    networks: [{ port: door }${cards.replaceAll('LAB', `${world.prefix}-lab`)}]
${web}${more}`;
  await writeFile(file, text);
  return file;
}
