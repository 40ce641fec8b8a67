// Where a template's files lie: `<templates>/<id>/`. QEMU runs as another user, so it may pass through and not look around.
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode } from '../../base/index.ts';
import { makeDirectory } from '../../hostlink/index.ts';
import { temporaryFor } from '../../storage/index.ts';
import type { Tools } from '../tools.ts';

const DIRECTORY_MODE = 0o711;

export function templateFile({ paths }: Pick<Tools, 'paths'>, id: string, name: string): string {
  return join(paths.templates, id, name);
}

export async function makeTemplateDirectory({ paths }: Pick<Tools, 'paths'>, id: string): Promise<void> {
  const directory = join(paths.templates, id);
  await makeDirectory(paths.templates, DIRECTORY_MODE);
  await mkdir(directory, { mode: DIRECTORY_MODE });
  await chmod(directory, DIRECTORY_MODE); // whatever the umask was
}

/** It loses its name first: after a kill in the middle nobody takes what is left for a template. */
export async function removeTemplateDirectory({ paths }: Pick<Tools, 'paths'>, id: string): Promise<void> {
  const directory = join(paths.templates, id);
  const doomed = await temporaryFor(directory);
  try {
    await rename(directory, doomed);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return;
    throw error;
  }
  await rm(doomed, { recursive: true, force: true });
}
