// Waiting for a guest's agent: subscribe, then look, then ask. No poll, and no gap in between.
// Knows neither libvirt nor channels: the caller gives three functions.
import { delay, Fault, isFault, within } from '../base/index.ts';
import { type ChannelState, presenceFault } from './presence.ts';

export interface WaitSources {
  /** Calls `listener` on every change from now on; resolves, once it listens, with how to stop. */
  readonly subscribe: (listener: (state: ChannelState) => void) => Promise<() => Promise<void> | void>;
  readonly readChannelState: (signal: AbortSignal) => Promise<ChannelState>;
  /** One round trip to the agent that proves that it answers; must bound its own waiting. */
  readonly sync: (signal: AbortSignal) => Promise<void>;
}

export interface WaitOptions {
  /** Names the agent in messages: `the agent of web1`. */
  readonly peer: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told when the wait enters a stage: what it waits for now. */
  readonly onStage?: (stage: WaitStage) => void;
}

export type WaitStage =
  | 'subscribing'
  | 'reading the channel'
  | 'waiting for the agent to connect'
  | 'synchronising';

const HINTS: Readonly<Record<WaitStage, string>> = {
  subscribing: 'libvirt does not answer: see its log.',
  'reading the channel': 'libvirt does not answer: see its log.',
  'waiting for the agent to connect':
    'The guest may still be booting, or qemu-guest-agent is not installed or not started in it: look at its console.',
  synchronising:
    "The agent opened its port and does not answer: look at the guest's console and restart the agent.",
};

/**
 * Resolves when the agent answers. Throws `AGENT_NOT_READY` (kind timeout), naming the stage, `AGENT_ABSENT` at once
 * when there is no channel, and what the three functions throw when it is no matter of being early.
 */
export async function waitForAgent(sources: WaitSources, options: WaitOptions): Promise<void> {
  const { peer, timeoutMs, signal } = options;
  let stage: WaitStage = 'subscribing';
  const enter = (next: WaitStage) => {
    stage = next;
    options.onStage?.(next);
  };
  try {
    await within(timeoutMs, peer, (inner) => wait(sources, peer, enter, inner), {
      signal,
      code: 'AGENT_NOT_READY',
    });
  } catch (error) {
    if (!isFault(error, 'AGENT_NOT_READY')) throw error;
    throw new Fault('timeout', 'AGENT_NOT_READY', `${error.message}; it was ${stage}`, {
      hint: HINTS[stage],
      details: { timeoutMs, stage },
    });
  }
}

async function wait(
  sources: WaitSources,
  peer: string,
  enter: (stage: WaitStage) => void,
  signal: AbortSignal,
) {
  const news = new News();
  enter('subscribing');
  const stop = await sources.subscribe((state) => news.tell(state));
  try {
    enter('reading the channel');
    const seen = news.count;
    const state = await sources.readChannelState(signal);
    if (news.count === seen) news.tell(state); // an event since then is newer than what was read
    await untilAnswered(sources, { peer, news, enter, signal });
  } finally {
    await stop();
  }
}

interface Watch {
  readonly peer: string;
  readonly news: News;
  readonly enter: (stage: WaitStage) => void;
  readonly signal: AbortSignal;
}

async function untilAnswered(sources: WaitSources, watch: Watch): Promise<void> {
  const { peer, news, enter, signal } = watch;
  let pauseMs = 250;
  for (;;) {
    signal.throwIfAborted();
    const { state, count } = news;
    if (state === 'absent') throw presenceFault(peer, state);
    if (state === 'disconnected') {
      enter('waiting for the agent to connect');
      await news.after(count, signal);
      continue;
    }
    enter('synchronising');
    try {
      return await sources.sync(signal);
    } catch (error) {
      if (!isEarly(error)) throw error;
    }
    // It opened its port and does not answer yet. An event ends the pause.
    await Promise.race([news.after(count, signal), delay(pauseMs, signal)]);
    pauseMs = Math.min(5000, pauseMs * 2);
  }
}

function isEarly(error: unknown): boolean {
  return isFault(error) && (error.kind === 'unavailable' || error.kind === 'timeout');
}

/** The latest state, and a promise for the next one. */
class News {
  state: ChannelState = 'unknown';
  count = 0;
  #next = Promise.withResolvers<void>();

  tell(state: ChannelState): void {
    this.state = state;
    this.count += 1;
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  }

  async after(count: number, signal: AbortSignal): Promise<void> {
    if (this.count > count) return;
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.#next.promise, promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
