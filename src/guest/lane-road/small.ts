// Small things asked of the guest on the way: a program's few lines, a short file. Everything bounded.
import type { Readable } from 'node:stream';
import { Fault, within } from '../../base/index.ts';
import { LaneRefusal, type LaneSession, type LaneUser } from '../../lane/index.ts';

export const ROOT: LaneUser = { uid: 0, gid: 0, groups: [0] };
export const ROOT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const MAX_BYTES = 1024 * 1024;
const TIMEOUT_MS = 20_000;

/** What a program says, as root; undefined when the guest does not have it. */
export async function ask(
  session: LaneSession,
  argv: readonly string[],
): Promise<{ readonly exitCode: number | null; readonly text: string } | undefined> {
  return await present(async (signal) => {
    const env = [`PATH=${ROOT_PATH}`, 'LC_ALL=C'];
    const order = { run: { argv }, env, cwd: '/', user: ROOT, stdin: false };
    await using program = await session.spawn(order, signal);
    program.stderr.resume();
    const text = await collect(program.stdout, signal);
    return { exitCode: (await program.ended).exitCode, text };
  }, argv.join(' '));
}

/** A short file's text, as root; undefined when it cannot be opened. */
export async function readShort(session: LaneSession, path: string): Promise<string | undefined> {
  return await present(async (signal) => {
    await using file = await session.read({ path, user: ROOT, offset: 0, withDigest: false }, signal);
    return await collect(file.stream, signal);
  }, path);
}

async function present<T>(work: (signal: AbortSignal) => Promise<T>, what: string): Promise<T | undefined> {
  try {
    return await within(TIMEOUT_MS, `${what} in the guest`, work);
  } catch (error) {
    if (error instanceof LaneRefusal) return undefined;
    throw error;
  }
}

async function collect(stream: Readable, signal: AbortSignal): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  const stop = () => stream.destroy(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const piece of stream) {
      if (!(piece instanceof Buffer)) continue;
      length += piece.length;
      if (length > MAX_BYTES) throw tooLong();
      pieces.push(piece);
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function tooLong(): Fault {
  return new Fault(
    'corrupt',
    'GUEST_ACCOUNTS_TOO_LARGE',
    'The guest says more of its users than can be believed',
    {
      hint: 'Look at /etc/passwd, /etc/group and the name services of the guest.',
    },
  );
}
