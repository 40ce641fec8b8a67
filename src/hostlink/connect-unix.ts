// Reaching a unix socket on the hypervisor host.
import { connect, type Socket } from 'node:net';
import { errnoCode, Fault, within } from '../base/index.ts';

/** Connects to the unix socket at `path`. Throws `SOCKET_MISSING`, `SOCKET_DENIED`, `SOCKET_REFUSED` or `TIMEOUT`. */
export async function connectUnix(path: string, timeoutMs: number, signal?: AbortSignal): Promise<Socket> {
  const socket = connect({ path });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve);
  socket.once('error', reject);
  try {
    await within(timeoutMs, `the socket ${path}`, () => promise, { signal });
    socket.removeListener('error', reject);
    return socket;
  } catch (error) {
    socket.destroy();
    throw socketFault(path, error);
  }
}

function socketFault(path: string, error: unknown): unknown {
  switch (errnoCode(error)) {
    case 'ENOENT':
      return new Fault('not-found', 'SOCKET_MISSING', `There is no socket at ${path}`, { cause: error });
    case 'EACCES':
    case 'EPERM':
      return new Fault('denied', 'SOCKET_DENIED', `No permission to open the socket ${path}`, {
        cause: error,
        hint: 'Run as root, or as a user of the group that owns the socket.',
      });
    case 'ECONNREFUSED':
      return new Fault('unavailable', 'SOCKET_REFUSED', `Nobody listens on the socket ${path}`, {
        cause: error,
      });
    case 'EAGAIN': // a QEMU socket has room for one client and one waiting
    case 'ECONNRESET':
      return new Fault('unavailable', 'SOCKET_REFUSED', `The socket ${path} takes no connection now`, {
        cause: error,
        hint: 'Another program holds it, or its owner is ending: try again shortly.',
      });
    default:
      return error;
  }
}
