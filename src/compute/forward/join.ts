// Two connections made one: what comes out of each goes into the other, no faster than it is taken, and each direction
// ends by itself, as TCP's do.
import type { Duplex } from 'node:stream';

/** Resolves when both are closed. One that fails takes the other with it. */
export async function join(one: Duplex, other: Duplex): Promise<void> {
  const closed = [closing(one, other), closing(other, one)];
  one.pipe(other);
  other.pipe(one);
  await Promise.all(closed);
}

async function closing(stream: Duplex, other: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.on('error', () => other.destroy()); // whoever talks to the other sees it closed, which is all that can be told
  stream.once('close', () => {
    if (!stream.readableEnded || !stream.writableFinished) other.destroy();
    resolve();
  });
  if (stream.destroyed) {
    other.destroy();
    resolve();
  }
  await promise;
}
