// Files of this host as a transfer needs them: where a copy goes, a private temporary beside it, one rename at the end.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants, createReadStream, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, realpath, rename, rm, stat, utimes } from 'node:fs/promises';
import { promisify } from 'node:util';
import { errnoCode } from '../../base/index.ts';
import type { Digest } from '../road.ts';
import { encodeName, isText, joined, meansDirectory, parentOf } from './guest-path.ts';
import { hostRefused, onHost } from './host-faults.ts';

const run = promisify(execFile);

/** Where a copy goes on this host. */
export interface HostTarget {
  readonly path: string;
  /** What is there now. `stream`: a pipe or a device, which is written into. */
  readonly is: 'new' | 'file' | 'tree' | 'stream';
}

/** Names here are strings as in guest-path.ts; Node gets bytes. */
export function hostBytes(path: string): Buffer {
  return encodeName(path);
}

export async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(hostBytes(path));
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What a copy of `name` to `path` means, as cp has it. */
export async function hostTarget(
  path: string,
  name: string,
  what: 'file' | 'tree' | 'content',
): Promise<HostTarget> {
  return await onHost(path, async () => {
    const there = await statIfThere(path);
    if (there?.isDirectory() === true && what !== 'content') return await inside(joined(path, name), what);
    if (there === undefined && what === 'file' && meansDirectory(path)) {
      throw hostRefused(`${path} is no directory on this host`, 'Make it first, or leave the slash out.');
    }
    return await inside(path.replace(/(.)\/+$/, '$1'), what);
  });
}

async function inside(path: string, what: 'file' | 'tree' | 'content'): Promise<HostTarget> {
  const there = await statIfThere(path);
  if (there === undefined) {
    const directory = await stat(hostBytes(parent(path)));
    if (!directory.isDirectory())
      throw hostRefused(`${parent(path)} is no directory on this host`, 'Name another target.');
    return { path, is: 'new' };
  }
  if (there.isDirectory()) {
    if (what === 'file')
      throw hostRefused(`${path} is a directory on this host`, 'Remove it, or name another target.');
    return { path, is: 'tree' };
  }
  if (what !== 'file')
    throw hostRefused(`${path} is no directory on this host`, 'Remove it, or name another target.');
  // A link is followed, so that what it points to is replaced.
  if (there.isFile()) return { path: await realpath(path), is: 'file' };
  return { path, is: 'stream' };
}

export function parent(path: string): string {
  return path.includes('/') ? parentOf(path) : '.';
}

/** A path beside `path`. */
export function beside(path: string, name: string): string {
  return path.includes('/') ? joined(parentOf(path), name) : name;
}

/** Opens a new private file, or one of ours that can be continued. */
export async function openPrivate(path: string, isContinued: boolean): Promise<FileHandle> {
  const how = isContinued ? 0 : constants.O_CREAT | constants.O_EXCL;
  return await open(hostBytes(path), constants.O_RDWR | constants.O_NOFOLLOW | how, 0o600);
}

/** The size of a part that was left; undefined where there is none, or one that somebody else may have made. */
export async function sizeOfPart(path: string): Promise<number | undefined> {
  try {
    const found = await lstat(hostBytes(path));
    const isOurs =
      found.isFile() && found.uid === process.geteuid?.() && (found.mode & 0o077) === 0 && found.nlink === 1;
    if (isOurs) return found.size;
    await rm(hostBytes(path), { recursive: true });
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
  return undefined;
}

/** Of the first `bytes` of a file here. */
export async function hostDigest(
  path: string,
  algorithm: Digest['algorithm'],
  bytes: number,
): Promise<string> {
  const hash = createHash(algorithm);
  if (bytes > 0) {
    for await (const piece of createReadStream(hostBytes(path), { end: bytes - 1 })) hash.update(piece);
  }
  return hash.digest('hex');
}

/** Sets a file's time, to the nanosecond where its name can be an argument. */
export async function setTime(path: string, mtimeNs: bigint): Promise<void> {
  const text = secondsText(mtimeNs);
  if (isText(path)) {
    await run('touch', ['-h', '-d', `@${text}`, '--', path], {
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    });
    return;
  }
  await utimes(hostBytes(path), Number(text), Number(text));
}

/** `1700000000.123456789` */
export function secondsText(ns: bigint): string {
  const second = 1_000_000_000n;
  const whole = ns < 0n ? (ns - second + 1n) / second : ns / second;
  return `${whole}.${String(ns - whole * second).padStart(9, '0')}`;
}

/** Gives a finished file its name, and makes that last. */
export async function settle(from: string, to: string): Promise<void> {
  await rename(hostBytes(from), hostBytes(to));
  const directory = await open(hostBytes(parent(to)), constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

export async function removeTree(path: string): Promise<void> {
  await rm(hostBytes(path), { recursive: true, force: true });
}
