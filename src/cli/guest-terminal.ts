// A person's terminal joined to a program in the guest: raw keys in, bytes out, its size followed; and always given back
// as it was found.
import { spawnSync } from 'node:child_process';
import type { GuestProcess, TerminalSize } from '../compute/index.ts';
import type { Streams } from './session.ts';

const FALLBACK: TerminalSize = { rows: 24, columns: 80 };

/** Whether both ends are a person's: what they type, and what they see. */
export function isTerminal({ stdin, stdout }: Streams): boolean {
  return stdin.isTTY === true && stdout.isTTY === true;
}

export function sizeOf({ stdout }: Streams): TerminalSize {
  const { rows, columns } = stdout;
  return rows > 0 && columns > 0 ? { rows, columns } : FALLBACK;
}

/** Keys are not read by our own terminal driver while this lives: Ctrl-C is the guest's. */
export class RawTerminal implements Disposable {
  readonly #streams: Streams;
  readonly #process: GuestProcess;
  readonly #raw: Disposable;
  readonly #onResize = () => this.#resize();

  constructor(streams: Streams, process: GuestProcess) {
    this.#streams = streams;
    this.#process = process;
    this.#raw = rawTerminal(streams);
    streams.stdout.on('resize', this.#onResize);
    this.#resize(); // it may have changed since the program was started
  }

  #resize(): void {
    this.#process.resize(sizeOf(this.#streams)).catch(() => {}); // it has ended, or the road broke: others tell
  }

  [Symbol.dispose](): void {
    this.#streams.stdout.off('resize', this.#onResize);
    this.#raw[Symbol.dispose]();
  }
}

/** Hands every key on as it is typed, until it is disposed of. Does nothing where there is no terminal. */
export function rawTerminal({ stdin }: Streams): Disposable {
  if (stdin.isTTY !== true) return { [Symbol.dispose]: () => undefined };
  stdin.setRawMode(true);
  passOutput();
  return { [Symbol.dispose]: () => void stdin.setRawMode(false) };
}

/**
 * Node's raw mode still turns every newline into a new line's beginning, and a program that draws on the whole screen
 * means one row down by it. What this changes, the end of raw mode changes back. Without stty(1) it stays as it is.
 */
function passOutput(): void {
  spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'], timeout: 1000 });
}
