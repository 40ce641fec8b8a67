// Bytes between a client's channel and a stream of the guest's, with backpressure on both sides and an end to every wait.
import type { Readable, Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';

/** Ends of streams belong to who holds them: iterating must destroy neither a channel nor a half-closed connection. */
const KEEP = { destroyOnReturn: false };

/** Hands every piece of `from` to `take`; ends with the stream, or when `stop` fires. Throws what the stream fails with. */
export async function drainInto(
  from: Readable,
  take: (bytes: Buffer) => Promise<void>,
  stop: AbortSignal,
): Promise<void> {
  if (stop.aborted) return;
  const onStop = () => from.destroy();
  stop.addEventListener('abort', onStop, { once: true });
  try {
    for await (const piece of from.iterator(KEEP)) {
      if (stop.aborted) return;
      await take(asBytes(piece));
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    stop.removeEventListener('abort', onStop);
  }
}

/**
 * Gives what the client sends to `to`, until the client's end of file, or until `to` takes no more. Calls `onBytes` for
 * every piece. Resolves to whether the client's end was reached.
 */
export async function feed(
  from: ServerChannel,
  to: Writable,
  stop: AbortSignal,
  onBytes: (count: number) => void,
): Promise<boolean> {
  for await (const piece of from.iterator(KEEP)) {
    if (stop.aborted || to.destroyed || !to.writable) return false;
    const bytes = asBytes(piece);
    onBytes(bytes.length);
    if (!to.write(bytes)) await roomIn(to, stop);
  }
  return !stop.aborted && to.writable;
}

async function roomIn(to: Writable, stop: AbortSignal): Promise<void> {
  if (stop.aborted || to.destroyed || !to.writableNeedDrain) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => resolve();
  for (const event of ['drain', 'close', 'error']) to.once(event, done);
  stop.addEventListener('abort', done, { once: true });
  await promise;
  for (const event of ['drain', 'close', 'error']) to.off(event, done);
  stop.removeEventListener('abort', done);
}

function asBytes(piece: unknown): Buffer {
  return Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece));
}
