// An export as its file is, made by hand of a record that a launch would write and of an empty disk: for what no novalet writes.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../../../src/hostlink/index.ts';
import type { Instance } from '../../../src/model/index.ts';
import { TAR_END, tarPadding, writeTarHeader } from '../../../src/storage/index.ts';
import type { World } from '../support/world.ts';

export interface MadeMember {
  readonly name: string;
  readonly role: string;
  readonly fileName: string;
  readonly content: Buffer;
  readonly virtualSizeBytes: number | null;
}

/** JSON, so that a test may write into it what no type allows. */
// biome-ignore lint/suspicious/noExplicitAny: a manifest that is wrong on purpose has no type
export type MadeManifest = any;

export interface MadeExport {
  readonly record: Instance;
  readonly members: readonly MadeMember[];
}

/** With a root disk and, of an image that has them, a kernel and a ramdisk. */
export async function madeExport(world: World, image = 'minimal'): Promise<MadeExport> {
  const compute = await world.compute();
  const request = {
    image,
    name: 'made',
    flavor: 'full',
    configDrive: false,
    agent: 'none',
  } as const;
  const { instance } = await compute.planLaunch(request);
  const path = join(world.stateDir, 'empty.qcow2');
  const sizeBytes = instance.disks[0]?.sizeBytes ?? 0;
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', path, String(sizeBytes)]);
  const parts = instance.image.properties['kernel_id'] === undefined ? [] : ['kernel', 'ramdisk'];
  const boot = parts.map((role) => member({ name: role, role, fileName: role, content: Buffer.from(role) }));
  const disk = member({ name: 'disks/disk', role: 'disk', fileName: 'disk', content: await readFile(path) });
  return {
    record: { ...instance, vmState: 'stopped', taskState: null },
    members: [{ ...disk, virtualSizeBytes: sizeBytes }, ...boot],
  };
}

export function member(facts: Omit<MadeMember, 'virtualSizeBytes'>): MadeMember {
  return { ...facts, virtualSizeBytes: null };
}

/** Its manifest, each member's size and digest as they are. */
export function manifestOf({ record, members }: MadeExport, world: World): MadeManifest {
  return {
    format: 'novalet-export',
    version: 1,
    novalet: '0',
    exportedAt: '2026-01-02T03:04:05.000Z',
    consistency: 'off',
    managedNetwork: world.prefix,
    instance: JSON.parse(JSON.stringify(record)),
    members: members.map(({ name, role, fileName, content, virtualSizeBytes }) => ({
      name,
      role,
      fileName,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      virtualSizeBytes,
    })),
  };
}

/** The tar of it. */
export function fileOf(manifest: unknown, members: readonly Pick<MadeMember, 'name' | 'content'>[]): Buffer {
  const all = [{ name: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)) }, ...members];
  const parts = all.flatMap(({ name, content }) => [
    writeTarHeader({ name, bytes: content.length }, new Date(0)),
    content,
    tarPadding(content.length),
  ]);
  return Buffer.concat([...parts, TAR_END]);
}

export async function* inPieces(bytes: Buffer): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
