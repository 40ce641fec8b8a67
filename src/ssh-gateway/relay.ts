// A connection of the guest's joined with a channel of the client's, each direction ending by itself as TCP's do.
import type { Duplex } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import { asFault } from '../base/index.ts';
import { ChannelWriter } from './channel-writer.ts';
import { type ActBeginning, type Client, failedWith } from './client.ts';
import { drainInto, feed } from './pumps.ts';

/** Joins the two, which only a lane can, until both directions have ended, one of them fails, or the client goes; then reports. */
export async function relay(
  client: Client,
  act: ActBeginning,
  channel: ServerChannel,
  stream: Duplex,
): Promise<void> {
  using _watched = client.watch(channel);
  const ended = client.begin(act);
  /** Nobody reads the channel any more: what the guest still says is dropped. */
  const deaf = new AbortController();
  const over = new AbortController();
  const stop = () => {
    deaf.abort();
    over.abort();
    channel.close();
  };
  let failure: unknown;
  const fail = (error: unknown) => {
    failure ??= error;
    stop();
  };
  const writer = new ChannelWriter(channel, client, deaf.signal);
  let bytesIn = 0;
  client.gone.addEventListener('abort', stop, { once: true });
  channel.on('error', fail);
  stream.on('error', fail);
  const into = feed(channel, stream, over.signal, (count) => {
    bytesIn += count;
    client.touch();
  })
    .then((isEnd) => (isEnd ? flushed(stream) : undefined))
    .catch(fail);
  // ssh2's only sign that the client closed the channel; what it said before still goes in
  channel.stderr.once('finish', () => {
    deaf.abort();
    void into.then(stop);
  });
  if (client.gone.aborted) stop();
  const out = drainInto(stream, (bytes) => writer.write('stdout', bytes), over.signal)
    .then(() => channel.eof())
    .catch(fail);
  await Promise.all([into, out]);
  client.gone.removeEventListener('abort', stop);
  stream.destroy();
  channel.close();
  channel.end();
  const outcome =
    failure === undefined ? { outcome: 'ok' as const, code: null } : failedWith(asFault(failure));
  ended({ ...outcome, exitCode: null, signal: null, bytesIn, bytesOut: writer.bytes, via: 'lane' });
}

/** Ends the stream, and waits until all of it is on its way. A failure is told by its `error` event. */
async function flushed(stream: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.end(() => resolve());
  stream.once('close', resolve);
  await promise;
}
