// How many of a guest's bytes this host takes: what the caller said, or else what the guest announced and a part more, as
// long as the file system keeps a reserve. A guest that sends without end fills no disk.
import { statfs } from 'node:fs/promises';
import { Transform, type TransformCallback } from 'node:stream';
import { Fault, formatBytes } from '../../base/index.ts';
import { onHost } from './host-faults.ts';
import { hostBytes } from './host-side.ts';

export interface RoomRequest {
  /** Directory that is there, on the file system that takes the bytes. */
  readonly directory: string;
  /** What is copied, for a fault. */
  readonly path: string;
  /** The caller's limit; then nothing else limits. */
  readonly maxBytes?: number | undefined;
  /** Bytes that the guest says it has; undefined where nobody knows it before. */
  readonly announced?: number | undefined;
  /** How many of them take room here, where holes do not. */
  readonly allocated?: number | undefined;
}

const MIB = 1024 * 1024;
const LARGEST_RESERVE = 1024 * MIB;
/** So much more than announced, or a quarter: a log that is written to while it is read; files of /proc announce nothing. */
const LEAST_GROWTH = 64 * MIB;
/** The file system is asked again after so many bytes: others fill it too. */
const ASKED_EVERY = 16 * MIB;

export class HostRoom {
  readonly #request: RoomRequest;
  readonly #limit: number;
  #taken = 0;
  #askAt = 0;

  /** Throws at once when what is announced has no room. */
  static async of(request: RoomRequest): Promise<HostRoom> {
    const room = new HostRoom(request);
    const { announced = 0, allocated = announced, maxBytes } = request;
    if (maxBytes !== undefined && announced > maxBytes) throw transferTooLarge(request.path, maxBytes);
    if (maxBytes === undefined) await room.#ask(allocated);
    return room;
  }

  private constructor(request: RoomRequest) {
    const { announced, maxBytes } = request;
    this.#request = request;
    const grown = announced === undefined ? Infinity : announced + Math.max(LEAST_GROWTH, announced / 4);
    this.#limit = maxBytes ?? grown;
  }

  /** A stream that lets through what there is room for, and breaks when more comes. */
  through(): Transform {
    return new Transform({
      transform: (piece: Buffer, _encoding: BufferEncoding, done: TransformCallback) => {
        this.#take(piece.length).then(
          () => done(null, piece),
          (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
        );
      },
    });
  }

  async #take(bytes: number): Promise<void> {
    this.#taken += bytes;
    if (this.#taken > this.#limit) throw transferTooLarge(this.#request.path, Math.floor(this.#limit));
    if (this.#request.maxBytes === undefined && this.#taken > this.#askAt) await this.#ask(bytes);
  }

  /** Whether `wanted` bytes fit beside the reserve; and how many may come before that is asked again. */
  async #ask(wanted: number): Promise<void> {
    const { directory, path } = this.#request;
    const { bavail, blocks, bsize } = await onHost(directory, async () => await statfs(hostBytes(directory)));
    const reserve = Math.min(LARGEST_RESERVE, (blocks * bsize) / 20);
    const left = bavail * bsize - reserve;
    // A file system that does not say its size (blocks 0) has no reserve, and tells by itself when it is full.
    if (blocks > 0 && left < wanted) throw reserved(path, Math.max(0, Math.floor(left)));
    this.#askAt = this.#taken + (blocks > 0 ? Math.min(ASKED_EVERY, left) : ASKED_EVERY);
  }
}

export function transferTooLarge(path: string, maxBytes: number): Fault {
  return new Fault(
    'exhausted',
    'TRANSFER_TOO_LARGE',
    `The guest sends more than ${maxBytes} bytes of ${path}`,
    {
      hint: 'Nothing of it was kept. It grows while it is read, or is larger than it says; --max-bytes takes more.',
      details: { maxBytes },
    },
  );
}

function reserved(path: string, left: number): Fault {
  return new Fault(
    'exhausted',
    'HOST_DISK_FULL',
    `This host has no room for ${path}: it takes ${formatBytes(left)} before its reserve`,
    {
      hint: 'Make room. A twentieth of the file system, at most 1 GiB, is kept free unless --max-bytes says what to take.',
      details: { left },
    },
  );
}
