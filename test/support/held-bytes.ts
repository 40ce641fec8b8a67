import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/**
 * Bytes of buffers that somebody holds. What was read and dropped counts for Node.js until it is collected,
 * and how much of that lies about is the machine's load, not ours. The second collection waits for the
 * sweeper of the first.
 */
export function heldBytes(): number {
  collect();
  collect();
  return process.memoryUsage().arrayBuffers;
}

const SLACK = 8 * 1024 * 1024;

/** The most that was held at any look over what was held at first, less eight mebibytes at the utmost: a look collects only for more. */
export class MostHeld {
  readonly #before = heldBytes();
  #most = 0;

  look(): void {
    if (process.memoryUsage().arrayBuffers - this.#before <= this.#most + SLACK) return;
    this.#most = Math.max(this.#most, heldBytes() - this.#before);
  }

  get bytes(): number {
    return this.#most;
  }
}
