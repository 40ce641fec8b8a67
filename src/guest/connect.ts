// An agent behind a unix socket of this host that nobody else holds.
import { connectUnix } from '../hostlink/index.ts';
import { type Channel, SocketChannel } from '../qapi/index.ts';

export interface SocketOpenerOptions {
  readonly peer: string;
  /** For connecting and for synchronising, each, in milliseconds. Default 5 s. */
  readonly timeoutMs?: number;
}

/** For AgentOptions.open: connects to `path` and synchronises. Throws what connectUnix and SocketChannel.open throw. */
export function socketOpener(
  path: string,
  options: SocketOpenerOptions,
): (signal: AbortSignal | undefined) => Promise<Channel> {
  const { peer, timeoutMs = 5000 } = options;
  return async (signal) => {
    const socket = await connectUnix(path, timeoutMs, signal);
    return await SocketChannel.open(socket, { peer, timeoutMs, signal });
  };
}
