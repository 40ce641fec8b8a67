// Whose a thing of libvirt's is that bears the name of a state directory. One that is there no more owns nothing: what it had
// may be taken over.
import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode } from '../base/index.ts';
import { statePaths } from './paths.ts';

/** Whether another state directory, one that is there, has it. */
export async function isElsewhere(ourStateDir: string, state: string): Promise<boolean> {
  return (await realPath(state)) !== (await realPath(ourStateDir)) && (await isState(state));
}

/** A state directory that we may not look into counts as one. */
async function isState(directory: string): Promise<boolean> {
  try {
    await stat(statePaths(directory).database);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoCode(error) ?? '')) return false;
    if (errnoCode(error) === 'EACCES') return true;
    throw error;
  }
}

/** As it stands where it is not there. */
export async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return join(path);
  }
}
