// One invocation of the command line: what the global options say, where words go, and how commands reach the
// engine. Commands know this and the engine's interface; they touch no stream and no process themselves.
import type { Command } from 'commander';
import { Fault } from '../base/index.ts';
import type { ActOptions, Compute, LaunchPreview } from '../compute/index.ts';
import { defined } from './defined.ts';
import type { EngineOptions } from './engine.ts';
import { EXIT_OK } from './exit-codes.ts';
import type { Interrupt } from './interrupt.ts';
import { type Document, formatDocument, type OutputFormat } from './output.ts';
import { printableLine } from './printable.ts';

export interface GlobalOptions {
  readonly connect?: string;
  readonly config?: string;
  readonly output: OutputFormat;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export class Session {
  readonly streams: Streams;
  readonly interrupt: Interrupt;
  /** What the process exits with when nothing is thrown. */
  exitCode: number = EXIT_OK;
  readonly #root: Command;

  constructor(root: Command, streams: Streams, interrupt: Interrupt) {
    this.#root = root;
    this.streams = streams;
    this.interrupt = interrupt;
  }

  get options(): GlobalOptions {
    return this.#root.opts<GlobalOptions>();
  }

  /** Asks the engine something. Ctrl-C ends it at once. */
  async query<T>(work: (compute: Compute) => Promise<T>): Promise<T> {
    await using compute = await this.#open();
    return await this.interrupt.race(work(compute));
  }

  /** Asks what a launch would do, and touches nothing. Ctrl-C ends it at once. */
  async preview<T>(work: (preview: LaunchPreview) => Promise<T>): Promise<T> {
    const { openPreview } = await import('./engine.ts');
    await using preview = await this.interrupt.race(openPreview(this.#engineOptions()));
    return await this.interrupt.race(work(preview));
  }

  /**
   * Lets the engine do something, with its progress on stderr. Ctrl-C is passed on, and the engine's taking back
   * is waited for.
   */
  async act<T>(
    work: (compute: Compute, options: ActOptions) => Promise<T>,
    { progress = true }: { readonly progress?: boolean } = {},
  ): Promise<T> {
    await using compute = await this.#open();
    if (!progress || !this.isTalkative)
      return await this.#watched(() => work(compute, { signal: this.interrupt.signal }));
    const { openProgress } = await import('./progress.ts');
    await using display = await openProgress(this.streams.stderr);
    const options: ActOptions = { signal: this.interrupt.signal, onProgress: (event) => display.show(event) };
    const result = await this.#watched(() => work(compute, options));
    display.succeed();
    return result;
  }

  /** Writes the one document of this command to stdout. */
  async print(document: Document): Promise<void> {
    await this.write(await formatDocument(document, this.options.output));
  }

  /** Raw data on stdout; resolves when it is handed over. */
  async write(data: string | Uint8Array): Promise<void> {
    await writeAll(this.streams.stdout, data);
  }

  async writeError(data: string | Uint8Array): Promise<void> {
    await writeAll(this.streams.stderr, data);
  }

  /** One line for a person on stderr; not with --quiet. */
  async note(text: string): Promise<void> {
    if (this.isTalkative) await this.writeError(`${printableLine(text)}\n`);
  }

  /** Something that a person should know although it worked. */
  async warn(text: string): Promise<void> {
    await this.writeError(`novalet: warning: ${printableLine(text)}\n`);
  }

  /** Whether a person may be following stderr; a program that asked for JSON finds only the error there. */
  get isTalkative(): boolean {
    const { quiet, output } = this.options;
    return quiet !== true && (output === 'table' || this.streams.stderr.isTTY === true);
  }

  async #open(): Promise<Compute> {
    const { openEngine } = await import('./engine.ts');
    return await this.interrupt.race(openEngine(this.#engineOptions()));
  }

  #engineOptions(): EngineOptions {
    const { connect, config } = this.options;
    return defined({ connect, configFile: config });
  }

  async #watched<T>(work: () => Promise<T>): Promise<T> {
    this.interrupt.takesBack = true;
    try {
      return await work();
    } finally {
      this.interrupt.takesBack = false;
    }
  }
}

async function writeAll(stream: NodeJS.WriteStream, data: string | Uint8Array): Promise<void> {
  if (data.length === 0) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  stream.write(data, (error) => {
    if (error)
      reject(new Fault('unavailable', 'OUTPUT_UNWRITABLE', 'The output cannot be written', { cause: error }));
    else resolve();
  });
  await promise;
}
