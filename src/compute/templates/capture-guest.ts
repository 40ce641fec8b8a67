// A guest that is ready becomes a template: what only one guest may have is taken from it, then its memory is saved and its
// disks are moved.
import { chmod, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../../base/index.ts';
import type { Domain } from '../../libvirt/index.ts';
import { attributeOf, find, parseXml, serializeXml } from '../../libvirt-xml/index.ts';
import {
  type Disk,
  type Instance,
  TEMPLATE_MEMORY,
  type Template,
  type TemplateFile,
} from '../../model/index.ts';
import { isThere, requireSpace, sha256OfFile, sync } from '../../storage/index.ts';
import type { ActOptions } from '../compute.ts';
import { devicesIn, diskAt } from '../disks/domain-disks.ts';
import { withFile } from '../disks/media.ts';
import { told } from '../emit-step.ts';
import { inStage } from '../life/in-stage.ts';
import { diskPath, instancePaths } from '../paths.ts';
import type { Tools } from '../tools.ts';
import { refuse } from './find-source.ts';
import { prepareInside } from './inside.ts';
import { memoryHost } from './memory-host.ts';
import { shrinkMemory } from './shrink-memory.ts';
import { makeTemplateDirectory, templateFile } from './template-paths.ts';

const EJECT_MS = 60_000;
const LEAST_SAVE_MS = 60_000;
/** 20 MiB a second, which is a slow disk. */
const SAVE_PER_MIB_MS = 50;
/** Nobody changes what others' disks lie over. */
const FILE_MODE = 0o444;
/** Holds what the guest's memory holds. */
const MEMORY_MODE = 0o400;

export interface Capturing {
  readonly template: Template;
  readonly mould: Instance;
  readonly hasCloudInit: boolean;
}

/** The finished record, which nobody has written yet. */
export async function captureGuest(
  tools: Tools,
  { template, mould, hasCloudInit }: Capturing,
  options: ActOptions,
): Promise<Template> {
  refuse(mould);
  const { signal } = options;
  const domain = await tools.libvirt.domain(mould);
  const machine = machineOf(await domain.xml());
  await told(options, 'eject', 'taking out its config drive', () => eject(tools, mould, domain));
  const inside = await told(options, 'prepare', 'taking from it what only one guest may have', () =>
    prepareInside(tools, mould, signal),
  );
  await told(options, 'shrink', 'giving back free memory', () =>
    shrinkMemory(tools, mould, { domain, usedKiB: inside.usedKiB, signal }),
  );
  throwIfCancelled(signal, 'saving the memory');
  await makeTemplateDirectory(tools, template.id);
  await told(options, 'memory', 'saving its memory', async () => {
    await requireRoomFor(tools, mould, inside.usedKiB);
    await save(tools, mould, { template, domain });
  });
  const names = await told(options, 'disks', 'keeping its disks', () => moveDisks(tools, template, mould));
  const files = await told(options, 'checksum', 'reading what was written', () =>
    describe(tools, template, { names, signal }),
  );
  return {
    ...template,
    state: 'ready',
    guest: { ...mould, ports: [], links: [] },
    host: await memoryHost(tools, mould, machine),
    inside: { hostKeyTypes: inside.hostKeyTypes, hasCloudInit },
    files,
  };
}

function machineOf(xml: string): string {
  const os = find(parseXml(xml, "a domain's XML"), 'os');
  return attributeOf(os === undefined ? undefined : find(os, 'type'), 'machine') ?? '';
}

/** What it was told goes with the drive, and a clone finds its own there as another medium. */
async function eject(tools: Tools, mould: Instance, domain: Domain): Promise<void> {
  const devices = devicesIn(await domain.xml());
  for (const { target, format } of mould.disks.filter(isConfigCd)) {
    const drive = diskAt(devices, target);
    if (drive === undefined) continue;
    const stage = `the config drive of ${mould.name} to be taken out`;
    await inStage(tools, mould, { stage, timeoutMs: EJECT_MS }, () =>
      domain.updateDevice(serializeXml(withFile(drive, null, format)), { live: true, force: true }),
    );
  }
}

export function isConfigCd({ role, device }: Disk): boolean {
  return role === 'config' && device === 'cdrom';
}

/** libvirt's own words for a full disk are those of a write that failed. Throws `DISK_SPACE_EXHAUSTED`. */
async function requireRoomFor({ paths }: Tools, { flavor, name }: Instance, usedKiB: number): Promise<void> {
  const needKiB = Math.min(usedKiB, flavor.memoryMiB * 1024);
  await requireSpace(paths.templates, needKiB * 1024, `the memory of ${name}`);
}

async function save(
  tools: Tools,
  mould: Instance,
  { template, domain }: { readonly template: Template; readonly domain: Domain },
): Promise<void> {
  const stage = {
    stage: `the memory of ${mould.name} to be saved`,
    timeoutMs: LEAST_SAVE_MS + SAVE_PER_MIB_MS * mould.flavor.memoryMiB,
    hint: `Its memory is written to ${tools.paths.templates}; see how busy that disk is.`,
  };
  const path = templateFile(tools, template.id, TEMPLATE_MEMORY);
  await inStage(tools, mould, stage, () => domain.save(path, { state: 'paused' }));
}

/** Its disks, and the kernel that it boots: all that a clone is built over. The config drive is the guest's own. */
async function moveDisks(tools: Tools, template: Template, mould: Instance): Promise<readonly string[]> {
  const from = instancePaths(tools.paths.instances, mould.id);
  const kept = mould.disks.filter(({ role }) => role !== 'config').map((disk) => diskPath(from, disk));
  for (const extra of [from.kernel, from.ramdisk]) if (await isThere(extra)) kept.push(extra);
  const names: string[] = [];
  for (const path of kept) {
    const name = path.slice(from.directory.length + 1);
    const moved = templateFile(tools, template.id, name);
    await rename(path, moved);
    await chmod(moved, FILE_MODE);
    names.push(name);
  }
  await chmod(templateFile(tools, template.id, TEMPLATE_MEMORY), MEMORY_MODE);
  const all = [TEMPLATE_MEMORY, ...names];
  for (const name of all) await sync(templateFile(tools, template.id, name));
  await sync(join(tools.paths.templates, template.id));
  await sync(tools.paths.templates);
  return all;
}

async function describe(
  tools: Tools,
  { id }: Template,
  { names, signal }: { readonly names: readonly string[]; readonly signal: AbortSignal | undefined },
): Promise<readonly TemplateFile[]> {
  const files: TemplateFile[] = [];
  for (const name of names) {
    throwIfCancelled(signal, 'reading what was written');
    const path = templateFile(tools, id, name);
    const { size: sizeBytes, blocks } = await stat(path);
    files.push({ name, sizeBytes, allocatedBytes: blocks * 512, sha256: await sha256OfFile(path) });
  }
  return files;
}
