// Writing a file of the guest: by the agent as root, by a program of the user's otherwise, so that nothing is written
// that the user may not write, and what is new belongs to the user.
import { Writable } from 'node:stream';
import { asFault, Fault, isFault } from '../../base/index.ts';
import { QapiFault, shortened } from '../../qapi/index.ts';
import { GuestHandle } from '../jobs/index.ts';
import type { GuestSink, WriteRequest } from '../road.ts';
import { settle } from './digest.ts';
import { ask, type FileSubject, userOf, writeFault } from './file-faults.ts';
import { PREPARE_SCRIPT, WRITE_SCRIPT } from './file-scripts.ts';

type Finished = Awaited<GuestSink['finished']>;

export async function openSink(subject: FileSubject, request: WriteRequest): Promise<GuestSink> {
  const { mode, how, offset = 0, withDigest = false, signal } = request;
  const start = how === 'at' ? offset : 0;
  const octal = (mode & 0o7777).toString(8);
  await ask(subject, PREPARE_SCRIPT, [octal, how, String(start)], signal);
  const pen = userOf(subject.user) === undefined ? await ofAgent(subject, start) : await ofProgram(subject);
  const finished = Promise.withResolvers<Finished>();
  finished.promise.catch(() => {}); // whoever waits for it hears of it
  const stream = new SinkStream(pen, async (bytes) => {
    const digest = await settle(subject, { offset: start, bytes }, withDigest);
    finished.resolve({ bytes, digest });
  });
  stream.once('error', (error) => finished.reject(error));
  stream.once('close', () => finished.reject(letGo(subject)));
  const onAbort = () => stream.destroy(letGo(subject));
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    via: 'agent',
    stream,
    finished: finished.promise,
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener('abort', onAbort);
      stream.destroy();
      await pen.close();
    },
  };
}

interface Pen {
  write(bytes: Buffer): Promise<void>;
  /** Everything is with the guest's kernel. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

class SinkStream extends Writable {
  readonly #pen: Pen;
  readonly #onWritten: (bytes: number) => Promise<void>;
  #bytes = 0;

  constructor(pen: Pen, onWritten: (bytes: number) => Promise<void>) {
    super({ highWaterMark: 512 * 1024 });
    this.#pen = pen;
    this.#onWritten = onWritten;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#carry(chunk).then(() => done(), done);
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#carry(Buffer.concat(chunks.map(({ chunk }) => chunk))).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#finish().then(() => done(), done);
  }

  async #carry(bytes: Buffer): Promise<void> {
    await this.#pen.write(bytes);
    this.#bytes += bytes.length;
  }

  async #finish(): Promise<void> {
    await this.#pen.finish();
    await this.#onWritten(this.#bytes);
  }
}

async function ofAgent(subject: FileSubject, start: number): Promise<Pen> {
  let handle: GuestHandle | undefined;
  const told = async (work: (handle: GuestHandle) => Promise<void>) => {
    try {
      if (handle !== undefined) await work(handle);
    } catch (error) {
      // A short count has the same reasons as a refusal.
      const isRefused = error instanceof QapiFault || isFault(error, 'AGENT_REPLY_INVALID');
      throw isRefused ? await writeFault(subject, error) : error;
    }
  };
  try {
    handle = await GuestHandle.open(subject.agent, subject.path, 'r+');
    if (start > 0) await handle.seek(start);
  } catch (error) {
    throw error instanceof QapiFault ? await writeFault(subject, error) : error;
  }
  const close = async () => {
    const open = handle;
    handle = undefined;
    await open?.close();
  };
  return {
    write: (bytes) => told((open) => open.write(bytes)),
    async finish() {
      await told((open) => open.flush());
      await told(close);
    },
    close,
  };
}

async function ofProgram(subject: FileSubject): Promise<Pen> {
  const { jobs, path, user } = subject;
  const argv = ['/bin/sh', '-c', WRITE_SCRIPT, 'novalet-write', path];
  const process = await jobs.spawn({ argv, user, cwd: '/', stdin: true });
  process.stdout.resume();
  process.stderr.resume();
  const { stdin } = process;
  return {
    async write(bytes) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      stdin.write(bytes, (error) => (error ? reject(error) : resolve()));
      await promise.catch(async (error) => {
        const { exitCode } = await process.ended;
        throw exitCode === null || exitCode === 0 ? asFault(error) : await writeFault(subject, error);
      });
    },
    async finish() {
      stdin.end();
      const { exitCode } = await process.ended;
      if (exitCode !== 0) throw await writeFault(subject, undefined);
    },
    close: () => process[Symbol.asyncDispose](),
  };
}

function letGo({ path }: FileSubject): Fault {
  return new Fault('cancelled', 'CANCELLED', `The writing of ${shortened(path)} was let go`, {
    outcome: 'unknown',
  });
}
