// guestfish, talked to line by line: libguestfs's appliance reads the disk, and nothing of it is mounted on this host.
// Commands are constants of ours and words are encoded byte by byte, so that no name of a guest's becomes a command.
// Rules: libguestfs, guestfish(1).
import { randomBytes } from 'node:crypto';
import { Fault, isFault, within } from '../../base/index.ts';
import { TalkingProgram } from '../../hostlink/index.ts';
import { applianceFailed } from './faults.ts';

export interface GuestfishOptions {
  /** `auto` takes KVM where /dev/kvm can be opened; `tcg` never does. */
  readonly accelerator: 'auto' | 'tcg';
  /** For its temporary files, except the sockets, whose paths must be short: a kill leaves one of those in /tmp. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

const END_MS = 15_000;
const ANSWER_BYTES = 256 * 1024;

export class Guestfish implements AsyncDisposable {
  readonly #program: TalkingProgram;
  /** Nobody who wrote the disk can know it, so no answer looks like the end of one. */
  readonly #mark = `end-${randomBytes(16).toString('hex')}`;

  private constructor(program: TalkingProgram) {
    this.#program = program;
  }

  /** Starts the appliance over a qcow2 file. Throws `OFFLINE_APPLIANCE_FAILED`, or `PROGRAM_MISSING`. */
  static async start(overlay: string, options: GuestfishOptions): Promise<Guestfish> {
    const settings = options.accelerator === 'tcg' ? { LIBGUESTFS_BACKEND_SETTINGS: 'force_tcg' } : {};
    const program = new TalkingProgram('guestfish', ['--no-progress-bars', '--format=qcow2', '-a', overlay], {
      env: { LIBGUESTFS_BACKEND: 'direct', LIBGUESTFS_TMPDIR: options.folder, ...settings },
      signal: options.signal,
      maxAnswerBytes: ANSWER_BYTES,
    });
    const guestfish = new Guestfish(program);
    try {
      await guestfish.run('run');
      return guestfish;
    } catch (error) {
      await guestfish[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs one command and gives what it printed. The first command that fails ends the whole. */
  async run(command: string, ...words: readonly string[]): Promise<string> {
    return await this.#say(command, words);
  }

  /** As `run`, for a command that may fail; whether it did has to be asked for. */
  async attempt(command: string, ...words: readonly string[]): Promise<string> {
    return await this.#say(`-${command}`, words);
  }

  async is(command: string, ...words: readonly string[]): Promise<boolean> {
    return (await this.run(command, ...words)).trim() === 'true';
  }

  /** Flushes, unmounts and ends the appliance; throws when anything was not written. */
  async finish(): Promise<void> {
    await this.run('umount-all');
    await this.run('shutdown');
    await explained(() => this.#program.finish());
  }

  /** Lets it end by itself, which removes its temporary files in /tmp; kills it when it was cancelled or takes too long. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await within(END_MS, 'guestfish to end', () => this.#program.finish());
    } catch (error) {
      if (!isFault(error)) throw error; // how it ends is of no interest any more: the work was done, or failed before
    } finally {
      await this.#program[Symbol.asyncDispose]();
    }
  }

  async #say(command: string, words: readonly string[]): Promise<string> {
    const line = [command, ...words.map(quoted)].join(' ');
    const end = new RegExp(`${this.#mark}\n`);
    const answer = await explained(() => this.#program.say(`${line}\necho ${this.#mark}\n`, end));
    return Buffer.from(answer, 'latin1').toString('utf8');
  }
}

/** A word between double quotes: guestfish reads `\xHH` there. */
export function quoted(word: string): string {
  const bytes = Buffer.from(word, 'utf8');
  if (bytes.includes(0)) {
    throw new Fault('internal', 'OFFLINE_WORD_INVALID', 'A word for guestfish holds a NUL character', {
      hint: 'Report this as a defect.',
    });
  }
  const text = [...bytes].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9_./,:@%+-]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `"${text.join('')}"`;
}

async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isFault(error, 'PROGRAM_FAILED', 'PROGRAM_OUTPUT_TOO_LARGE') ? applianceFailed(error) : error;
  }
}
