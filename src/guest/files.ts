// Files in the guest through the agent: whole ones, in pieces, with every count checked.
// For data of some size use a lane; the agent writes some 4 MiB/s.
import { Fault, isFault } from '../base/index.ts';
import { QapiFault } from '../qapi/index.ts';
import type { AgentCaller, CallOptions } from './caller.ts';
import { leftOpen } from './outcome.ts';

export interface ReadFileOptions {
  /** The largest file that is read; a larger one is refused, not cut. Default 16 MiB. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WriteFileOptions {
  /** Keeps what is there and writes behind it. */
  readonly append?: boolean | undefined;
  /** The file has these permissions before the first byte is in it (needs exec). Default: the agent's, 0666 for new ones. */
  readonly permissions?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Exec {
  exec(
    argv: readonly string[],
    options?: { signal?: AbortSignal | undefined },
  ): Promise<{ exitCode: number | null }>;
}

const READ_BYTES = 256 * 1024;
const WRITE_BYTES = 96 * 1024;
/** Room for the words around the data of one message. */
const ENVELOPE_BYTES = 512;
const PREPARE_SCRIPT = 'umask 077 && { [ -e "$1" ] || : >"$1"; } && chmod -- "$2" "$1"';

/** Agent.readFile. */
export async function readFile(agent: AgentCaller, path: string, options: ReadFileOptions): Promise<Buffer> {
  const { maxBytes = 16 * 1024 * 1024, signal } = options;
  const count = Math.min(READ_BYTES, rawBytes((await agent.limits(signal)).replyBytes));
  const handle = await open(agent, path, 'r', { readOnly: true, signal });
  return await closing(agent, handle, path, async () => {
    const pieces: Buffer[] = [];
    let length = 0;
    for (;;) {
      const reply = await told(path, 'read', () =>
        agent.call('guest-file-read', { handle, count }, { signal, readOnly: true }),
      );
      const piece = reply.member('buf-b64').base64(count);
      if (reply.member('count').integer(0, count) !== piece.length)
        reply.member('count').fail('is not the length of buf-b64');
      const isEnd = reply.member('eof').boolean();
      length += piece.length;
      if (length > maxBytes) throw tooLarge(path, maxBytes);
      pieces.push(piece);
      if (isEnd || piece.length === 0) return Buffer.concat(pieces);
    }
  });
}

/** Agent.writeFile. */
export async function writeFile(
  agent: AgentCaller & Exec,
  path: string,
  data: Uint8Array | string,
  options: WriteFileOptions,
): Promise<void> {
  const { permissions, signal } = options;
  if (permissions !== undefined) await prepare(agent, path, permissions, signal);
  await writeData(agent, path, data, options);
}

/** Fills a file, with the permissions that it has or that the agent gives it. */
export async function writeData(
  agent: AgentCaller,
  path: string,
  data: Uint8Array | string,
  options: Pick<WriteFileOptions, 'append' | 'signal'>,
): Promise<void> {
  const { append = false, signal } = options;
  const bytes = Buffer.from(data);
  const most = Math.min(WRITE_BYTES, rawBytes((await agent.limits(signal)).requestBytes));
  const handle = await open(agent, path, append ? 'a' : 'w', { signal });
  const fill = async () => {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + most);
      const args = { handle, 'buf-b64': piece.toString('base64') };
      const reply = await told(path, 'write', () => agent.call('guest-file-write', args, { signal }));
      const written = reply.member('count').integer(0, piece.length);
      if (written === 0) throw short(path, at, bytes.length);
      at += written;
    }
    // Written is buffered; a full disk shows here.
    await told(path, 'flush', () => agent.call('guest-file-flush', { handle }, { signal }));
  };
  await begun(() => closing(agent, handle, path, fill));
}

/** The file is there and may be emptied or half written: whatever a later step says of itself, the whole is not undone. */
async function begun<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw leftOpen(error);
  }
}

async function open(agent: AgentCaller, path: string, mode: string, options: CallOptions): Promise<number> {
  if (path === '' || path.includes('\0')) {
    throw new Fault(
      'invalid',
      'GUEST_PATH_INVALID',
      'The path in the guest is empty or holds a NUL character',
      { hint: 'Give a path, such as /etc/hostname.' },
    );
  }
  // Not given up once written: a handle that nobody read stays open in the agent for ever.
  const reply = await told(path, 'open', () =>
    agent.call('guest-file-open', { path, mode }, { ...options, mustFinish: true }),
  );
  return reply.integer(0, Number.MAX_SAFE_INTEGER);
}

/** Runs `work` and closes the handle in any case; of two faults the first one counts. */
async function closing<T>(
  agent: AgentCaller,
  handle: number,
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  const { epoch } = agent;
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // After a reopened connection the number may denote another file.
    if (agent.epoch === epoch) await agent.call('guest-file-close', { handle }).catch(onlyFaults);
    throw error;
  }
  await told(path, 'close', () => agent.call('guest-file-close', { handle }));
  return result;
}

function onlyFaults(error: unknown): void {
  if (!isFault(error)) throw error; // the fault that led here is the one to tell
}

/** The agent creates files 0666 whatever the umask, so the shell makes it first. */
async function prepare(
  agent: Exec,
  path: string,
  permissions: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const mode = permissions.toString(8);
  const { exitCode } = await agent.exec(['/bin/sh', '-c', PREPARE_SCRIPT, 'novalet-file', path, mode], {
    signal,
  });
  if (exitCode === 0) return;
  throw new Fault(
    'refused',
    'GUEST_FILE_REFUSED',
    `The guest could not create ${path} with permissions ${mode}`,
    {
      hint: 'Look at the directory: it must exist, and the disk must be neither full nor read-only.',
    },
  );
}

/** Names the file in a refusal; the agent's own words, such as "No such file or directory", are in the message. */
async function told<T>(path: string, verb: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof QapiFault)) throw error;
    throw new Fault(
      'refused',
      'GUEST_FILE_REFUSED',
      `The guest could not ${verb} ${path}: ${error.message}`,
      {
        cause: error,
        hint: 'Look at the path and its permissions in the guest, and whether its disk is full.',
      },
    );
  }
}

function tooLarge(path: string, maxBytes: number): Fault {
  return new Fault(
    'exhausted',
    'GUEST_FILE_TOO_LARGE',
    `${path} in the guest has more than ${maxBytes} bytes`,
    {
      hint: 'Raise the limit, or read a part of it with a command such as tail.',
      details: { maxBytes },
    },
  );
}

function short(path: string, written: number, length: number): Fault {
  return new Fault(
    'exhausted',
    'GUEST_FILE_SHORT',
    `Only ${written} of ${length} bytes of ${path} were written`,
    {
      outcome: 'unknown',
      hint: 'The disk in the guest is full, or the file is no regular file.',
      details: { written, length },
    },
  );
}

/** What fits into a message of so many bytes once it is base64. */
function rawBytes(messageBytes: number): number {
  return Math.max(3, Math.floor((messageBytes - ENVELOPE_BYTES) / 4) * 3);
}
