// The serial console's log, as virtlogd writes it: `console.log` and its rotated forerunners `console.log.0`, `.1` …
// What stands in it was written by the guest and is hostile; whoever prints it decides how.
import { type FSWatcher, watch } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { errnoCode, Fault } from '../base/index.ts';
import type { Instance } from '../model/index.ts';
import type { ConsoleLog } from './compute.ts';

const CHUNK = 64 * 1024;
/** virtlogd keeps three by default (virtlogd.conf, max_backups). */
const ROTATED = ['', '.0', '.1', '.2'];

/** Reads the log at `path`. A log that is not there yet reads as empty. */
export class ConsoleLogFile implements ConsoleLog {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async read(maxBytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let left = maxBytes;
    for (const suffix of ROTATED) {
      if (left <= 0) break;
      const part = await readTail(this.path + suffix, left);
      if (part === undefined) break;
      parts.unshift(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  async *follow(bytes: number, signal: AbortSignal): AsyncIterable<Buffer> {
    await using changes = new Changes(this.path, signal);
    let at = { inode: 0, position: 0 };
    const first = await look(this.path);
    if (first !== undefined) at = { inode: first.inode, position: Math.max(0, first.size - bytes) };
    while (!signal.aborted) {
      const now = await look(this.path);
      if (now !== undefined && (now.inode !== at.inode || now.size < at.position)) {
        at = { inode: now.inode, position: 0 }; // rotated, or begun anew: read the new file from its start
      }
      if (now === undefined || now.size === at.position) {
        await changes.next();
        continue;
      }
      const part = await readRange(this.path, at.position, Math.min(CHUNK, now.size - at.position));
      at = { inode: at.inode, position: at.position + part.length };
      yield part;
    }
  }
}

/** Wakes its reader whenever something in the log's folder changes, and when the signal fires. */
class Changes implements AsyncDisposable {
  readonly #watcher: FSWatcher;
  readonly #signal: AbortSignal;
  #changed = false;
  #wake: () => void = () => undefined;
  readonly #onAbort = () => this.#notify();

  constructor(path: string, signal: AbortSignal) {
    this.#signal = signal;
    const name = basename(path);
    this.#watcher = watch(dirname(path), (_event, changed) => {
      if (changed === null || changed === name) this.#notify();
    });
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  async next(): Promise<void> {
    if (this.#changed || this.#signal.aborted) {
      this.#changed = false;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#changed = false;
  }

  #notify(): void {
    this.#changed = true;
    this.#wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watcher.close();
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}

async function readTail(path: string, maxBytes: number): Promise<Buffer | undefined> {
  const now = await look(path);
  if (now === undefined) return undefined;
  const length = Math.min(now.size, maxBytes);
  return await readRange(path, now.size - length, length);
}

async function readRange(path: string, position: number, length: number): Promise<Buffer> {
  await using file = await open(path, 'r');
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

async function look(path: string): Promise<{ inode: number; size: number } | undefined> {
  try {
    const { ino, size } = await stat(path);
    return { inode: ino, size };
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** For an adopted domain, whose serial port is as its owner made it. */
export function consoleNotLogged({ name, domainName }: Instance): Fault {
  return new Fault(
    'unsupported',
    'CONSOLE_NOT_LOGGED',
    `The serial console of ${name} is written to no file`,
    {
      hint: `Speak with it: virsh console ${domainName}. Or give its serial port a <log file='…'/> with virsh edit ${domainName}, and start it anew.`,
    },
  );
}
