// Empty filesystems and swap areas in files, made by the host's mkfs programs. Knows no instance.
// Names and labels follow Nova (privsep/fs.py, virt/disk/api.py).
import { access, constants, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoCode } from '../base/index.ts';
import { runProgram } from '../hostlink/index.ts';
import { explainWriteFailure } from './disk-space.ts';

export type EphemeralFilesystem = 'ext2' | 'ext3' | 'ext4' | 'xfs' | 'vfat' | 'ntfs';

const FORMAT_MS = 300_000;

/** ext4, but for guests with os_type `windows`: ntfs where the host can make it, vfat where it cannot. */
export async function chooseEphemeralFilesystem(osType: string | undefined): Promise<EphemeralFilesystem> {
  if (osType?.toLowerCase() !== 'windows') return 'ext4';
  return (await isInstalled('mkfs.ntfs')) ? 'ntfs' : 'vfat';
}

/** Makes `path` (which must not be there yet) a sparse file of `sizeBytes` with an empty filesystem. */
export async function makeFilesystem(
  path: string,
  sizeBytes: number,
  facts: { readonly filesystem: EphemeralFilesystem; readonly label: string },
  signal?: AbortSignal,
): Promise<void> {
  const { program, args } = mkfsCommand(facts.filesystem, facts.label);
  await format(path, sizeBytes, [program, ...args, path], signal);
}

/** Makes `path` (which must not be there yet) a sparse swap area of `sizeBytes`, without a label as Nova does. */
export async function makeSwap(path: string, sizeBytes: number, signal?: AbortSignal): Promise<void> {
  await format(path, sizeBytes, ['mkswap', path], signal);
}

function mkfsCommand(filesystem: EphemeralFilesystem, label: string): { program: string; args: string[] } {
  switch (filesystem) {
    case 'ext2':
    case 'ext3':
    case 'ext4':
      return { program: `mkfs.${filesystem}`, args: ['-q', '-F', '-L', label] };
    case 'xfs':
      return { program: 'mkfs.xfs', args: ['-q', '-f', '-L', label] };
    case 'vfat':
      return { program: 'mkfs.vfat', args: ['-n', label] };
    case 'ntfs':
      return { program: 'mkfs.ntfs', args: ['-q', '-Q', '-F', '-L', label] };
    default:
      return filesystem satisfies never;
  }
}

async function format(
  path: string,
  sizeBytes: number,
  [program = '', ...args]: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await writeFile(path, '', { flag: 'wx', mode: 0o600 });
    await truncate(path, sizeBytes);
    await runProgram(program, args, { signal, timeoutMs: FORMAT_MS });
  } catch (error) {
    throw await explainWriteFailure(error, dirname(path), path);
  }
}

async function isInstalled(program: string): Promise<boolean> {
  const directories = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  for (const directory of directories.filter((name) => name.startsWith('/'))) {
    try {
      await access(join(directory, program), constants.X_OK);
      return true;
    } catch (error) {
      if (!['ENOENT', 'EACCES', 'ENOTDIR'].includes(errnoCode(error) ?? '')) throw error;
    }
  }
  return false;
}
