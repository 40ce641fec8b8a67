// The beginning of a session on a stream: hello again and again, until the welcome that belongs to it.
import type { Duplex } from 'node:stream';
import { within } from '../base/index.ts';
import { laneLost, laneProtocol, laneVersion, SILENT, SILENT_HINT } from './faults.ts';
import {
  DISMISSAL,
  decodeFacts,
  encodeHello,
  type LaneFacts,
  newNonce,
  VERSION,
  type Welcome,
  WelcomeSeeker,
} from './hello.ts';

export interface Greeting {
  readonly nonce: Buffer;
  readonly session: number;
  readonly facts: LaneFacts;
  /** The session's first bytes. */
  readonly rest: Buffer;
}

export interface GreetOptions {
  readonly peer: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const AGAIN_MS = 250;

/** Leaves the stream paused. Throws `LANE_SILENT`, `LANE_LOST`, `LANE_PROTOCOL` or `LANE_VERSION`, and destroys it then. */
export async function greet(stream: Duplex, options: GreetOptions): Promise<Greeting> {
  const { peer, timeoutMs, signal } = options;
  const nonce = newNonce();
  try {
    const what = `the lane's server of ${peer}`;
    const { version, facts, rest } = await within(
      timeoutMs,
      what,
      (stop) => welcome(stream, { nonce, version: VERSION }, { peer, stop }),
      {
        signal,
        code: SILENT.code,
        hint: SILENT_HINT,
      },
    );
    if (version !== VERSION) throw laneVersion(peer, version);
    const { session, ...told } = decodeFacts(facts, (problem) => laneProtocol(peer, problem));
    return { nonce, session, facts: told, rest };
  } catch (error) {
    stream.on('error', () => {}); // it is given up: the fault that led here is the one to tell
    stream.destroy();
    throw error;
  }
}

/**
 * Has the server end, whichever version it speaks and whatever runs over it, and destroys the stream. Throws
 * `LANE_SILENT` when it does not say so, and `LANE_LOST`.
 */
export async function dismissServer(stream: Duplex, options: GreetOptions): Promise<void> {
  const { peer, timeoutMs, signal } = options;
  const hello = { nonce: newNonce(), version: DISMISSAL };
  stream.on('error', () => {}); // before the welcome it is told by the fault; after it nothing is left to be said
  try {
    await within(
      timeoutMs,
      `the lane's server of ${peer}`,
      (stop) => welcome(stream, hello, { peer, stop }),
      {
        signal,
        code: SILENT.code,
        hint: SILENT_HINT,
      },
    );
  } finally {
    stream.destroy();
  }
}

async function welcome(
  stream: Duplex,
  { nonce, version }: { readonly nonce: Buffer; readonly version: number },
  about: { readonly peer: string; readonly stop: AbortSignal },
): Promise<Welcome> {
  const { peer, stop } = about;
  const { promise, resolve, reject } = Promise.withResolvers<Welcome>();
  const seeker = new WelcomeSeeker(nonce);
  const hello = encodeHello(nonce, version);
  const say = () => {
    if (!stream.writableNeedDrain) stream.write(hello); // what is still unsent says it already
  };
  const onData = (chunk: Buffer) => {
    const found = seeker.push(chunk);
    if (found === undefined) return;
    stream.pause();
    stream.removeListener('data', onData);
    resolve(found);
  };
  const onError = (error: Error) => reject(laneLost(peer, 'its stream failed', error));
  const onClose = () => reject(laneLost(peer, 'its stream ended before the welcome'));
  const again = setInterval(say, AGAIN_MS);
  stream.on('data', onData).on('error', onError).on('end', onClose).on('close', onClose);
  stop.addEventListener('abort', () => reject(stop.reason), { once: true });
  say();
  try {
    return await promise;
  } finally {
    clearInterval(again);
    stream.removeListener('data', onData).removeListener('error', onError);
    stream.removeListener('end', onClose).removeListener('close', onClose);
  }
}
