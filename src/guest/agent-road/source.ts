// Reading a file of the guest: by the agent as root, by a program of the user's otherwise, so that nothing is read that
// the user may not read, whatever is moved about in between.
import { Readable } from 'node:stream';
import { Fault } from '../../base/index.ts';
import { QapiFault, shortened } from '../../qapi/index.ts';
import { GuestHandle, type JobProcess } from '../jobs/index.ts';
import type { Digest, GuestSource, ReadRequest } from '../road.ts';
import { digestOf } from './digest.ts';
import { ask, type FileSubject, userOf } from './file-faults.ts';
import { LOOK_SCRIPT, READ_SCRIPT } from './file-scripts.ts';

export async function openSource(subject: FileSubject, request: ReadRequest): Promise<GuestSource> {
  const { offset = 0, withDigest = false, signal } = request;
  const size = Number(await ask(subject, LOOK_SCRIPT, [], signal));
  if (!Number.isSafeInteger(size)) throw notRead(subject);
  const total = Promise.withResolvers<number>();
  total.promise.catch(() => {}); // the stream tells it
  const pieces = await begin(subject, offset);
  const stream = Readable.from(counted(pieces.read(), total), {
    objectMode: false,
    highWaterMark: 512 * 1024,
  });
  stream.once('close', () => total.reject(letGo(subject)));
  const onAbort = () => stream.destroy(letGo(subject));
  signal?.addEventListener('abort', onAbort, { once: true });
  const digest = withDigest
    ? total.promise.then((bytes) => digestOf(subject, { offset, bytes }, signal))
    : Promise.reject<Digest>(noDigest(subject));
  digest.catch(() => {}); // whoever waits for it hears of it
  return {
    via: 'agent',
    size,
    stream,
    digest,
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener('abort', onAbort);
      stream.destroy();
      await pieces.close();
    },
  };
}

interface Pieces {
  read(): AsyncGenerator<Buffer, void, undefined>;
  close(): Promise<void>;
}

async function begin(subject: FileSubject, offset: number): Promise<Pieces> {
  const { jobs, path, user } = subject;
  if (userOf(user) === undefined) return await ofAgent(subject, offset);
  const argv = ['/bin/sh', '-c', READ_SCRIPT, 'novalet-read', path, String(offset)];
  const process = await jobs.spawn({ argv, user, cwd: '/' });
  return { read: () => ofProgram(subject, process), close: () => process[Symbol.asyncDispose]() };
}

async function ofAgent(subject: FileSubject, offset: number): Promise<Pieces> {
  const { agent, path } = subject;
  let handle: GuestHandle | undefined;
  try {
    handle = await GuestHandle.open(agent, path, 'r');
    if (offset > 0) await handle.seek(offset);
  } catch (error) {
    throw error instanceof QapiFault ? notRead(subject, error) : error;
  }
  const close = async () => {
    const open = handle;
    handle = undefined;
    await open?.close();
  };
  async function* read() {
    try {
      for (;;) {
        const bytes = await handle?.read();
        if (bytes === undefined || bytes.length === 0) return;
        yield bytes;
      }
    } catch (error) {
      throw error instanceof QapiFault ? notRead(subject, error) : error;
    } finally {
      await close();
    }
  }
  return { read, close };
}

async function* ofProgram(subject: FileSubject, process: JobProcess) {
  process.stderr.resume();
  for await (const chunk of process.stdout) yield chunk;
  const { exitCode } = await process.ended;
  if (exitCode !== 0) throw notRead(subject);
}

async function* counted(pieces: AsyncIterable<Buffer>, total: PromiseWithResolvers<number>) {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    yield piece;
  }
  total.resolve(bytes);
}

function notRead({ path }: FileSubject, cause?: unknown): Fault {
  return new Fault('refused', 'GUEST_FILE_REFUSED', `The guest could not read ${shortened(path)}`, {
    cause,
    hint: 'Look at the path and its disk in the guest.',
  });
}

function letGo({ path }: FileSubject): Fault {
  return new Fault('cancelled', 'CANCELLED', `The reading of ${shortened(path)} was let go`);
}

function noDigest({ path }: FileSubject): Fault {
  return new Fault('invalid', 'GUEST_DIGEST_NOT_ASKED', `No digest of ${shortened(path)} was asked for`, {
    hint: 'Ask for it when the file is opened.',
  });
}
