// How far a transfer is: counted where the bytes pass, told at most ten times a second and once at the end.
import { Transform, type TransformCallback } from 'node:stream';

export interface TransferProgress {
  /** Bytes, of the file or of the archive. */
  readonly done: number;
  /** Undefined where nobody knows it before. */
  readonly total: number | undefined;
  readonly files: number;
  readonly bytesPerSecond: number;
  readonly etaSeconds: number | undefined;
}

export type OnProgress = (progress: TransferProgress) => void;

const EVERY_MS = 100;

export class Meter {
  readonly #onProgress: OnProgress | undefined;
  readonly #began = performance.now();
  #told = 0;
  done = 0;
  files = 0;
  total: number | undefined;

  constructor(onProgress: OnProgress | undefined, total?: number) {
    this.#onProgress = onProgress;
    this.total = total;
  }

  get seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  add(bytes: number): void {
    this.done += bytes;
    if (this.#onProgress === undefined || performance.now() - this.#told < EVERY_MS) return;
    this.tell();
  }

  tell(): void {
    this.#told = performance.now();
    const { done, total, files, seconds } = this;
    const bytesPerSecond = seconds > 0 ? done / seconds : 0;
    const left = total === undefined || bytesPerSecond === 0 ? undefined : Math.max(0, total - done);
    const etaSeconds = left === undefined ? undefined : left / bytesPerSecond;
    this.#onProgress?.({ done, total, files, bytesPerSecond, etaSeconds });
  }

  /** A stream that counts what goes through it, and shows each piece to `see`. */
  through(see?: (piece: Buffer) => void): Transform {
    return new Transform({
      transform: (piece: Buffer, _encoding: BufferEncoding, done: TransformCallback) => {
        this.add(piece.length);
        see?.(piece);
        done(null, piece);
      },
    });
  }
}
