// Telling how far a longer action is, step by step: the one place that knows in which order the events of a step come.
import { delay, isFault } from '../base/index.ts';
import type { ActOptions, ProgressEvent } from './compute.ts';
import { STEP_WORDS, type Step } from './plan.ts';

/** How far a step is. */
export type Amount = Pick<ProgressEvent, 'done' | 'total' | 'unit'>;

/** What a step may tell while it lasts. */
export interface Report {
  /** In bytes, `total` where it is known. */
  bytes(done: number, total?: number): void;
  /** From 0 to 1. */
  fraction(done: number): void;
}

export interface ToldStep {
  readonly step: string;
  readonly what: string;
}

/** A wait that ends by itself after `timeoutMs`. */
export interface CountedStep extends ToldStep {
  readonly timeoutMs: number;
}

const TICK_MS = 1000;

export function emit(
  options: ActOptions,
  step: Step['kind'],
  phase: ProgressEvent['phase'],
  amount: Amount = {},
): void {
  options.onProgress?.({ step, phase, what: STEP_WORDS[step], ...amount });
}

/** Runs one act of an action between its events; `step` and `what` as in `ProgressEvent`. A failed one has no end. */
export async function told<T>(
  { onProgress }: ActOptions,
  step: string,
  what: string,
  act: (report: Report) => Promise<T> | T,
): Promise<T> {
  const tell = (amount: Amount) => onProgress?.({ step, phase: 'progress', what, ...amount });
  onProgress?.({ step, phase: 'begin', what });
  const result = await act({
    bytes: (done, total) => tell({ done, ...(total === undefined ? {} : { total }), unit: 'bytes' }),
    fraction: (done) => tell({ done: Math.round(done * 100), total: 100, unit: 'percent' }),
  });
  onProgress?.({ step, phase: 'end', what });
  return result;
}

/**
 * Runs an act that waits, and tells each second how many of its seconds are over. `say` puts what it waits for now in other
 * words. Holding the act to its time is up to the act.
 */
export async function counted<T>(
  { onProgress }: ActOptions,
  { step, what, timeoutMs }: CountedStep,
  act: (say: (words: string) => void) => Promise<T>,
): Promise<T> {
  if (onProgress === undefined) return await act(() => {});
  const since = performance.now();
  let words = what;
  const tell = () => {
    const done = Math.min(timeoutMs, performance.now() - since) / 1000;
    onProgress({ step, phase: 'progress', what: words, done, total: timeoutMs / 1000, unit: 'seconds' });
  };
  const over = new AbortController();
  onProgress({ step, phase: 'begin', what });
  const ticking = tick(tell, over.signal);
  ticking.catch(() => {}); // thrown below, also where the act takes longer
  let result: T;
  try {
    result = await act((now) => {
      words = now;
      tell();
    });
  } finally {
    over.abort();
    await ticking;
  }
  onProgress({ step, phase: 'end', what: words });
  return result;
}

async function tick(tell: () => void, over: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await delay(TICK_MS, over);
      tell();
    }
  } catch (error) {
    if (!isFault(error, 'CANCELLED')) throw error;
  }
}
