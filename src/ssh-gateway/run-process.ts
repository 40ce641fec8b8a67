// One program of the guest on one channel: streams joined, its end told to the client, and killed when the client goes.
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerChannel } from 'ssh2';
import type { ChannelWriter } from './channel-writer.ts';
import { drainInto, feed } from './pumps.ts';
import type { GuestProcess, ProcessEnd } from './reach.ts';

/** What a terminal's program has written when it ends is shown; what others hold open then is not waited for. */
const TERMINAL_REST_MS = 2000;
/** Signals that RFC 4254, 6.10 has words for and ssh2 can say; another becomes a status as a shell gives it. */
const SAYABLE: ReadonlySet<string> = new Set([
  'SIGABRT',
  'SIGALRM',
  'SIGFPE',
  'SIGHUP',
  'SIGILL',
  'SIGINT',
  'SIGKILL',
  'SIGPIPE',
  'SIGQUIT',
  'SIGSEGV',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
]);

export interface RunOptions {
  readonly process: GuestProcess;
  readonly channel: ServerChannel;
  readonly writer: ChannelWriter;
  readonly hasTerminal: boolean;
  /** Fires when the client has closed the channel, or is gone. */
  readonly closed: AbortSignal;
  /** Fires when the client wants no more of standard output. */
  readonly unwanted: AbortSignal;
  readonly onInput: (count: number) => void;
  readonly onTrouble: (error: unknown, what: string) => void;
}

/**
 * Joins the program with the channel until it has ended. A program that ended by itself is not disposed of: what it left
 * running in the background lives on, as with sshd. `wasKilled` when the client went before its end. Throws what the road fails with.
 */
export async function runProcess(
  options: RunOptions,
): Promise<{ readonly end: ProcessEnd; readonly wasKilled: boolean }> {
  const { process, channel, writer, hasTerminal, closed, onInput, onTrouble } = options;
  let hasEnded = false;
  const kill = () => {
    if (hasEnded) return;
    killProcess(process).catch((error: unknown) => onTrouble(error, 'killing the program'));
  };
  closed.addEventListener('abort', kill, { once: true });
  if (closed.aborted) kill();
  const rest = new AbortController();
  const stop = AbortSignal.any([closed, rest.signal]);
  process.stdin.on('error', ignore); // a program that reads no more; feed stops, and its end says the rest
  feed(channel, process.stdin, stop, onInput).then(
    (isEnd) => void (isEnd && !hasTerminal && process.stdin.end()),
    (error: unknown) => onTrouble(error, 'reading from the client'),
  );
  const out = Promise.all([
    drainInto(process.stdout, (bytes) => takeOutput(bytes, options, kill), stop),
    drainInto(process.stderr, (bytes) => writer.write('stderr', bytes), stop),
  ]);
  out.catch(ignore); // awaited below; the program's end may fail first
  try {
    const end = await process.ended;
    const wasKilled = closed.aborted;
    hasEnded = true;
    await (hasTerminal ? Promise.race([out, sleep(TERMINAL_REST_MS, undefined, { ref: false })]) : out);
    return { end, wasKilled };
  } catch (error) {
    kill();
    throw error;
  } finally {
    hasEnded = true;
    rest.abort();
    closed.removeEventListener('abort', kill);
  }
}

/**
 * What nobody reads any more is met as a pipe that nobody reads: SIGPIPE for who writes on, as sshd has it by closing the
 * pipe. The road has no such pipe to close; so a program that does not heed the signal and writes on is killed.
 */
async function takeOutput(bytes: Buffer, options: RunOptions, kill: () => void): Promise<void> {
  const { process, writer, unwanted, hasTerminal } = options;
  if (!unwanted.aborted) return await writer.write('stdout', bytes);
  if (hasTerminal) return kill(); // a terminal that nobody looks at is hung up
  const told = PIPE_TOLD.get(process);
  if (told === undefined) {
    PIPE_TOLD.set(process, performance.now());
    await process.signal('SIGPIPE');
  } else if (performance.now() - told > HEED_MS) {
    kill();
  }
}

/** When a program was told. */
const PIPE_TOLD = new WeakMap<GuestProcess, number>();
const HEED_MS = 1000;

/** Tells the client how it ended, and closes the channel. */
export function tellEnd(channel: ServerChannel, end: ProcessEnd): void {
  if (end.signal === null) channel.exit(end.exitCode ?? 255);
  else if (SAYABLE.has(end.signal)) channel.exit(end.signal, false, '');
  else channel.exit(128 + signalNumber(end.signal));
  channel.end();
}

function signalNumber(name: string): number {
  return Object.entries(constants.signals).find(([known]) => known === name)?.[1] ?? 127;
}

async function killProcess(process: GuestProcess): Promise<void> {
  await process[Symbol.asyncDispose]();
}

function ignore(): void {
  // looked at elsewhere
}
