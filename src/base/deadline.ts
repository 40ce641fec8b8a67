// Bounded waiting: every wait has a limit, a signal, and words for what it waited for.
import { Fault } from './fault.ts';

export interface WithinOptions {
  /** The caller's own wish to stop; wins over the deadline. */
  readonly signal?: AbortSignal | undefined;
  readonly code?: string;
  readonly hint?: string;
  /** Whether the work may have been carried out when time ran out. */
  readonly outcome?: 'not-done' | 'unknown';
}

/**
 * Runs `work` for at most `ms` milliseconds. When time runs out its signal fires and the call throws a
 * `timeout` Fault "Timed out after 5 s waiting for <what>"; when the caller's signal fires it throws
 * `cancelled`. It returns at once, also when `work` ignores its signal.
 */
export async function within<T>(
  ms: number,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
  options: WithinOptions = {},
): Promise<T> {
  throwIfCancelled(options.signal, what);
  const inner = new AbortController();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (fault: Fault) => {
    inner.abort(fault);
    reject(fault);
  };
  const onAbort = () => stop(cancelled(what, options.signal?.reason));
  const timer = Number.isFinite(ms) ? setTimeout(() => stop(timedOut(ms, what, options)), ms) : undefined;
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(inner.signal), stopped]);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
    inner.abort();
  }
}

/** Throws a `cancelled` Fault when the signal has fired. */
export function throwIfCancelled(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw cancelled(what, signal.reason);
}

/** Resolves after `ms`, or rejects with a `cancelled` Fault as soon as the signal fires. */
export async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  throwIfCancelled(signal, 'a pause');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const onAbort = () => {
    clearTimeout(timer);
    reject(cancelled('a pause', signal?.reason));
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await promise;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

function cancelled(what: string, reason: unknown): Fault {
  if (reason instanceof Fault) return reason;
  return new Fault('cancelled', 'CANCELLED', `Cancelled while waiting for ${what}`, { cause: reason });
}

function timedOut(ms: number, what: string, options: WithinOptions): Fault {
  const { hint, outcome } = options;
  return new Fault(
    'timeout',
    options.code ?? 'TIMEOUT',
    `Timed out after ${seconds(ms)} waiting for ${what}`,
    {
      ...(hint === undefined ? {} : { hint }),
      ...(outcome === undefined ? {} : { outcome }),
      details: { timeoutMs: ms },
    },
  );
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}
