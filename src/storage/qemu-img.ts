// qemu-img, typed. Every file is opened with an explicit format and by an absolute path, so that neither its content nor
// its name can choose a driver (CVE-2026-24708 and older). Knows no instance and no image store.
import { dirname, isAbsolute } from 'node:path';
import { Fault, isFault } from '../base/index.ts';
import { runProgram } from '../hostlink/index.ts';
import type { DiskFormat } from '../model/index.ts';
import { explainWriteFailure } from './disk-space.ts';

/** QEMU's names of its format drivers, as far as they are used. */
export type QemuFormat = 'raw' | 'qcow2' | 'vmdk' | 'vdi' | 'vpc' | 'vhdx';

export interface QemuFile {
  /** Absolute. */
  readonly path: string;
  readonly format: QemuFormat;
}

export interface QemuImgOptions {
  readonly signal?: AbortSignal | undefined;
  /** From 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  /** Milliseconds a conversion may take; two hours by default. */
  readonly timeoutMs?: number;
}

export interface ConvertOptions extends QemuImgOptions {
  /** Clusters packed by zlib: smaller, and slower to write and to read. */
  readonly compress?: boolean | undefined;
  /** Without QEMU's lock on the source: whoever asks knows that nobody writes to it, and a later writer need not wait. */
  readonly unlocked?: boolean | undefined;
  /** What the result lies over: only what differs from it is written. The source has the same beneath it. */
  readonly over?: QemuFile | undefined;
}

export interface QemuImageInfo {
  readonly format: string;
  readonly virtualSizeBytes: number;
  /** Bytes allocated on the disk. */
  readonly actualSizeBytes: number;
  readonly backingFile: string | null;
  /** As the header says; null where it does not. */
  readonly backingFormat: string | null;
  readonly dataFile: string | null;
  /** VMDK only. */
  readonly createType: string | null;
}

const INFO_CPU_SECONDS = 30;
const INFO_ADDRESS_SPACE = 2 * 1024 ** 3;
const SHORT_MS = 60_000;
const LONG_MS = 2 * 3600_000;
const QEMU_FORMATS: Readonly<Record<Exclude<DiskFormat, 'aki' | 'ari'>, QemuFormat>> = {
  raw: 'raw',
  iso: 'raw',
  qcow2: 'qcow2',
  vmdk: 'vmdk',
  vdi: 'vdi',
  vhd: 'vpc',
  vhdx: 'vhdx',
};

/** The driver for an image of this disk format; null for kernels and ramdisks, which are no disks. */
export function qemuFormatOf(format: DiskFormat): QemuFormat | null {
  return format === 'aki' || format === 'ari' ? null : QEMU_FORMATS[format];
}

/**
 * `qemu-img info`, held to 30 s of processor time and 2 GiB of address space (CVE-2015-5162). Throws `IMAGE_UNREADABLE` when
 * qemu-img cannot open the file in that format, and what `runProgram` throws.
 */
export async function readImageInfo(file: QemuFile, options: QemuImgOptions = {}): Promise<QemuImageInfo> {
  const limits = [`--cpu=${INFO_CPU_SECONDS}`, `--as=${INFO_ADDRESS_SPACE}`];
  const args = ['info', '--output=json', '-U', '-f', file.format, absolute(file.path)];
  try {
    const { stdout } = await runProgram('prlimit', [...limits, 'qemu-img', ...args], {
      signal: options.signal,
      timeoutMs: SHORT_MS,
    });
    return decodeInfo(JSON.parse(stdout));
  } catch (cause) {
    if (!isFault(cause, 'PROGRAM_FAILED', 'PROGRAM_TIMEOUT')) throw cause;
    throw new Fault('corrupt', 'IMAGE_UNREADABLE', `qemu-img cannot read ${file.path} as ${file.format}`, {
      cause,
      hint: 'Fetch the image again and give its checksum.',
    });
  }
}

/** `qemu-img create` of a qcow2 at `path` over `backing`. */
export async function createOverlayWithQemu(
  path: string,
  backing: QemuFile,
  sizeBytes: number,
  options: QemuImgOptions = {},
): Promise<void> {
  const over = ['-b', absolute(backing.path), '-F', backing.format];
  await write(path, ['create', '-q', '-f', 'qcow2', ...over, absolute(path), String(sizeBytes)], options);
}

/** `qemu-img create` of an empty disk. */
export async function createDiskWithQemu(
  disk: QemuFile,
  sizeBytes: number,
  options: QemuImgOptions = {},
): Promise<void> {
  await write(
    disk.path,
    ['create', '-q', '-f', disk.format, absolute(disk.path), String(sizeBytes)],
    options,
  );
}

/** `qemu-img convert`: one self-contained file; zeroes become holes. Throws `DISK_SPACE_EXHAUSTED` and `PROGRAM_FAILED`. */
export async function convertImage(
  from: QemuFile,
  to: QemuFile,
  options: ConvertOptions = {},
): Promise<void> {
  const formats = ['-f', from.format, '-O', to.format];
  const speed = ['-p', '-m', '8', '-t', 'writeback', '-T', 'writeback'];
  // Packed clusters are written one after the other.
  const wishes = [options.compress === true ? '-c' : '-W', ...(options.unlocked === true ? ['-U'] : [])];
  const over =
    options.over === undefined ? [] : ['-B', absolute(options.over.path), '-F', options.over.format];
  const args = ['convert', ...speed, ...wishes, ...over, ...formats, absolute(from.path), absolute(to.path)];
  await write(to.path, args, options);
}

/**
 * `qemu-img convert` of qcow2 files each of which lies over the next, the first on top, whatever their headers say; the last one
 * lies over nothing. Throws as `convertImage` does.
 */
export async function convertChain(
  layers: readonly string[],
  to: QemuFile,
  options: QemuImgOptions = {},
): Promise<void> {
  const source = layers.toReversed().reduce<object | null>(
    (backing, path) => ({
      driver: 'qcow2',
      file: { driver: 'file', filename: absolute(path) },
      backing,
    }),
    null,
  );
  const speed = ['-p', '-W', '-m', '8', '-t', 'writeback', '-T', 'writeback'];
  const args = ['convert', ...speed, '-O', to.format, `json:${JSON.stringify(source)}`, absolute(to.path)];
  await write(to.path, args, options);
}

/**
 * `qemu-img rebase -u` to nothing: the header of a qcow2 names no backing file any more, and what the file lacks reads as zeroes.
 * What it has stays.
 */
export async function forgetBacking(path: string, options: QemuImgOptions = {}): Promise<void> {
  await write(path, ['rebase', '-u', '-f', 'qcow2', '-b', '', absolute(path)], options);
}

/** Grows a disk. Shrinking is refused by qemu-img itself. */
export async function growDisk(
  disk: QemuFile,
  sizeBytes: number,
  options: QemuImgOptions = {},
): Promise<void> {
  const args = ['resize', '-q', '-f', disk.format, absolute(disk.path), String(sizeBytes)];
  await write(disk.path, args, options);
}

/**
 * `qemu-img rebase` of a disk that nobody has open: what it had from images above `onto` is copied into it first, so that
 * its content stays. Ended in the middle it still lies over what it lay over. Null: it stands by itself afterwards.
 */
export async function rebaseDisk(
  disk: QemuFile,
  onto: QemuFile | null,
  options: QemuImgOptions = {},
): Promise<void> {
  const over = onto === null ? ['-b', ''] : ['-b', absolute(onto.path), '-F', onto.format];
  await write(disk.path, ['rebase', '-p', '-f', disk.format, ...over, absolute(disk.path)], options);
}

/** Bytes that a qcow2 copy of `from` would take at least: what is allocated in it, and beneath it. */
export async function measureBytes(from: QemuFile, options: QemuImgOptions = {}): Promise<number> {
  const args = ['measure', '-U', '--output=json', '-O', 'qcow2', '-f', from.format, absolute(from.path)];
  const { stdout } = await runProgram('qemu-img', args, { signal: options.signal, timeoutMs: SHORT_MS });
  const facts: unknown = JSON.parse(stdout);
  return numberAt(facts, 'required');
}

async function write(path: string, args: readonly string[], options: QemuImgOptions): Promise<void> {
  const { onProgress } = options;
  try {
    await runProgram('qemu-img', args, {
      signal: options.signal,
      timeoutMs: options.timeoutMs ?? LONG_MS,
      ...(onProgress === undefined ? {} : { onStdout: (chunk: string) => reportProgress(chunk, onProgress) }),
    });
  } catch (error) {
    throw await explainWriteFailure(error, dirname(path), path);
  }
}

/** qemu-img prints `    (12.34/100%)` again and again; the last one in a chunk counts. */
function reportProgress(chunk: string, onProgress: (fraction: number) => void): void {
  const percent = /\((\d+(?:\.\d+)?)\/100%\)(?!.*\/100%)/s.exec(chunk)?.[1];
  if (percent !== undefined) onProgress(Math.min(1, Number(percent) / 100));
}

function absolute(path: string): string {
  if (isAbsolute(path)) return path;
  throw new Fault('internal', 'PATH_NOT_ABSOLUTE', `A path for qemu-img is not absolute: ${path}`, {
    hint: 'Report this as a defect.',
  });
}

function decodeInfo(value: unknown): QemuImageInfo {
  const specific = propertyOf(propertyOf(value, 'format-specific'), 'data');
  return {
    format: textAt(value, 'format') ?? '',
    virtualSizeBytes: numberAt(value, 'virtual-size'),
    actualSizeBytes: numberAt(value, 'actual-size'),
    backingFile: textAt(value, 'backing-filename') ?? textAt(value, 'full-backing-filename'),
    backingFormat: textAt(value, 'backing-filename-format'),
    dataFile: textAt(specific, 'data-file'),
    createType: textAt(specific, 'create-type'),
  };
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function textAt(value: unknown, name: string): string | null {
  const found = propertyOf(value, name);
  return typeof found === 'string' ? found : null;
}

function numberAt(value: unknown, name: string): number {
  const found = propertyOf(value, name);
  if (typeof found === 'number') return found;
  throw new Fault('internal', 'QEMU_IMG_UNEXPECTED', `qemu-img printed no number for "${name}"`, {
    hint: 'Check the installed version of qemu-utils; 5.2 and newer are known.',
  });
}
