// A connection of the guest's joined with a channel of the client's, each direction ending by itself as TCP's do.
import type { Duplex } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import { asFault } from '../base/index.ts';
import { ChannelWriter } from './channel-writer.ts';
import { type ActBeginning, type Client, failedWith } from './client.ts';
import { drainInto, feed } from './pumps.ts';

/** Joins the two until both directions have ended, one of them fails, or the client goes; then reports. */
export async function relay(
  client: Client,
  act: ActBeginning,
  channel: ServerChannel,
  stream: Duplex,
): Promise<void> {
  using _watched = client.watch(channel);
  const began = performance.now();
  const closed = new AbortController();
  const close = () => closed.abort();
  let failure: unknown;
  const fail = (error: unknown) => {
    failure ??= error;
    close();
  };
  const writer = new ChannelWriter(channel, client, closed.signal);
  let bytesIn = 0;
  client.gone.addEventListener('abort', close, { once: true });
  channel.stderr.once('finish', close); // ssh2's only sign that the client closed what we have not read to its end
  channel.on('error', fail);
  stream.on('error', fail);
  closed.signal.addEventListener('abort', () => channel.close(), { once: true });
  if (client.gone.aborted) close();
  await Promise.all([
    drainInto(stream, (bytes) => writer.write('stdout', bytes), closed.signal)
      .then(() => channel.eof())
      .catch(fail),
    feed(channel, stream, closed.signal, (count) => {
      bytesIn += count;
      client.touch();
    })
      .then((isEnd) => void (isEnd && stream.end()))
      .catch(fail),
  ]);
  client.gone.removeEventListener('abort', close);
  stream.destroy();
  channel.close();
  channel.end();
  const outcome =
    failure === undefined ? { outcome: 'ok' as const, code: null } : failedWith(asFault(failure));
  client.report(
    act,
    { ...outcome, exitCode: null, signal: null, bytesIn, bytesOut: writer.bytes, via: null },
    began,
  );
}
