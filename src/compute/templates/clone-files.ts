// The files of an instance that goes on from a template: overlays over its disks, copies of what is no disk, and a config
// drive of its own.
import { copyFile, constants as fsConstants, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disk, DriveDatasource, Instance, Template } from '../../model/index.ts';
import { createRootOverlay } from '../../storage/index.ts';
import type { ActOptions } from '../compute.ts';
import { diskStep } from '../file-steps.ts';
import { makeFile } from '../make-file.ts';
import { diskPath, instancePaths } from '../paths.ts';
import type { Tools } from '../tools.ts';
import { requireDisks } from './require-disks.ts';
import { templateFile } from './template-paths.ts';

export interface CloneFiles {
  readonly template: Template;
  readonly clone: Instance;
  /** The files of the config drive; they may hold secrets. */
  readonly documents: (datasource: DriveDatasource) => ReadonlyMap<string, Uint8Array>;
}

/** In the clone's directory, which is there. */
export async function makeCloneFiles(tools: Tools, files: CloneFiles, options: ActOptions): Promise<void> {
  const { template, clone, documents } = files;
  await requireDisks(tools, template);
  const paths = instancePaths(tools.paths.instances, clone.id);
  for (const disk of clone.disks) {
    const path = diskPath(paths, disk);
    if (disk.role === 'config') {
      const job = { tools, instance: clone, configDrive: documents, options };
      await makeFile(job, diskStep(disk, path, noImage));
    } else await makeDisk(tools, template, { disk, path }, options);
  }
  for (const { name } of template.files)
    if (name === 'kernel' || name === 'ramdisk')
      await copy(templateFile(tools, template.id, name), join(paths.directory, name));
}

/** As they were before the guest wrote to them. */
export async function makeDisksAnew(
  tools: Tools,
  { template, clone }: Pick<CloneFiles, 'template' | 'clone'>,
  options: ActOptions,
): Promise<void> {
  const paths = instancePaths(tools.paths.instances, clone.id);
  for (const disk of clone.disks) {
    if (disk.role === 'config') continue;
    const path = diskPath(paths, disk);
    await rm(path, { force: true });
    await makeDisk(tools, template, { disk, path }, options);
  }
}

async function makeDisk(
  tools: Tools,
  template: Template,
  { disk, path }: { readonly disk: Disk; readonly path: string },
  { signal }: ActOptions,
): Promise<void> {
  const base = templateFile(tools, template.id, disk.fileName);
  if (disk.format === 'raw') return await copy(base, path);
  const { sizeBytes } = disk;
  await createRootOverlay(
    path,
    { path: base, format: 'qcow2', virtualSizeBytes: sizeBytes },
    sizeBytes,
    signal,
  );
}

async function copy(from: string, to: string): Promise<void> {
  await copyFile(from, to, fsConstants.COPYFILE_FICLONE | fsConstants.COPYFILE_EXCL);
}

function noImage(): never {
  throw new Error('a config drive is made from no image');
}
