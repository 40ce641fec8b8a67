// Writing a large file from its beginning on, leaving holes where there are only zeroes, and never the whole disk full.
import type { FileHandle } from 'node:fs/promises';
import { MIB } from '../../base/index.ts';
import { freeBytes, spaceFault } from '../disk-space.ts';

const BLOCK = 64 * 1024;
const BUFFER = MIB;
const CHECK_EVERY = 32 * MIB;
const ZEROES = Buffer.alloc(BLOCK);

export interface SparseFileFacts {
  /** Where the next byte goes. */
  readonly position: number;
  /** The directory that holds the file, for looking at its free space. */
  readonly directory: string;
  /** Writing stops when less than this would stay free for everybody else. */
  readonly reserveBytes: number;
  /** What needs the room, for the message. */
  readonly what: string;
}

export class SparseFile {
  readonly #file: FileHandle;
  readonly #facts: SparseFileFacts;
  readonly #buffer = Buffer.allocUnsafe(BUFFER);
  #filled = 0;
  #position: number;
  #unchecked = CHECK_EVERY;

  constructor(file: FileHandle, facts: SparseFileFacts) {
    this.#file = file;
    this.#facts = facts;
    this.#position = facts.position;
  }

  /** Bytes from the beginning of the file to where the next one goes. */
  get sizeBytes(): number {
    return this.#position + this.#filled;
  }

  /** Takes all of `chunk`. Throws `DISK_SPACE_EXHAUSTED` before the reserve is touched. */
  async write(chunk: Uint8Array): Promise<void> {
    let from = 0;
    while (from < chunk.length) {
      const part = chunk.subarray(from, from + BUFFER - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      if (this.#filled === BUFFER) await this.#flush();
    }
  }

  /** Writes what is left and gives the file its length; zeroes at its end are a hole too. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#file.truncate(this.#position);
  }

  async #flush(): Promise<void> {
    await this.#checkSpace();
    let runStart = -1;
    for (let at = 0; at < this.#filled; at += BLOCK) {
      const block = this.#buffer.subarray(at, Math.min(at + BLOCK, this.#filled));
      if (!block.equals(ZEROES.subarray(0, block.length))) {
        if (runStart < 0) runStart = at;
      } else if (runStart >= 0) {
        await this.#put(runStart, at);
        runStart = -1;
      }
    }
    if (runStart >= 0) await this.#put(runStart, this.#filled);
    this.#position += this.#filled;
    this.#filled = 0;
  }

  async #put(from: number, to: number): Promise<void> {
    for (let at = from; at < to; ) {
      const { bytesWritten } = await this.#file.write(this.#buffer, at, to - at, this.#position + at);
      at += bytesWritten;
    }
    this.#unchecked += to - from;
  }

  async #checkSpace(): Promise<void> {
    const { directory, reserveBytes, what } = this.#facts;
    if (this.#unchecked < Math.min(CHECK_EVERY, reserveBytes)) return;
    this.#unchecked = 0;
    const free = await freeBytes(directory);
    if (free < reserveBytes + this.#filled) throw spaceFault(directory, what, { freeBytes: free });
  }
}
