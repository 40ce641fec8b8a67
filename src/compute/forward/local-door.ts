// A port or a unix socket of the host, and what becomes of those who connect to it. Knows no guest.
import { chmod, lstat, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { asFault, errnoCode, Fault } from '../../base/index.ts';
import { join } from './join.ts';
import type { LocalAddress } from './requests.ts';

export interface DoorOptions {
  /** Connects to what is behind the door; the signal fires when the caller has gone. */
  readonly lead: (signal: AbortSignal) => Promise<Duplex>;
  readonly onTrouble: (fault: Fault) => void;
  readonly maxConnections: number;
}

export class LocalDoor implements AsyncDisposable {
  readonly address: LocalAddress;
  readonly #server: Server;
  readonly #options: DoorOptions;
  readonly #callers = new Map<Socket, Promise<void>>();

  private constructor(address: LocalAddress, server: Server, options: DoorOptions) {
    this.#server = server;
    this.#options = options;
    this.address = address;
    server.on('connection', (socket) => this.#take(socket));
    server.on('error', (error) => options.onTrouble(asFault(error)));
  }

  /** Throws `FORWARD_ADDRESS_TAKEN`, `FORWARD_ADDRESS_DENIED` and `FORWARD_ADDRESS_INVALID`. */
  static async open(address: LocalAddress, options: DoorOptions): Promise<LocalDoor> {
    // nobody is read from before there is somebody to hand it to
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    server.maxConnections = options.maxConnections;
    await listen(server, address);
    if ('path' in address) return new LocalDoor(address, server, options);
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
    return new LocalDoor({ host: address.host, port }, server, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    const callers = [...this.#callers];
    for (const [socket] of callers) socket.destroy();
    await Promise.all(callers.map(([, served]) => served));
    await promise;
  }

  #take(socket: Socket): void {
    const served = this.#serve(socket).finally(() => this.#callers.delete(socket));
    this.#callers.set(socket, served);
  }

  async #serve(socket: Socket): Promise<void> {
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    socket.on('error', () => gone.abort());
    let stream: Duplex;
    try {
      stream = await this.#options.lead(gone.signal);
    } catch (error) {
      socket.destroy();
      if (!gone.signal.aborted) this.#options.onTrouble(asFault(error));
      return;
    }
    await join(socket, stream);
  }
}

async function listen(server: Server, address: LocalAddress): Promise<void> {
  try {
    await listening(server, address);
  } catch (error) {
    if (errnoCode(error) !== 'EADDRINUSE' || !('path' in address)) throw listenFault(address, error);
    if (!(await isAbandoned(address.path))) throw listenFault(address, error);
    await rm(address.path); // of one who was killed
    await listening(server, address).catch((again: unknown) => {
      throw listenFault(address, again);
    });
  }
  if ('path' in address) await chmod(address.path, 0o600);
}

async function listening(server: Server, address: LocalAddress): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(address, resolve);
  try {
    await promise;
  } finally {
    server.off('error', reject);
  }
}

/** A socket that nobody listens on. */
async function isAbandoned(path: string): Promise<boolean> {
  const found = await lstat(path);
  if (!found.isSocket()) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect({ path }, () => resolve(false));
  probe.once('error', (error) => resolve(errnoCode(error) === 'ECONNREFUSED'));
  const answer = await promise;
  probe.destroy();
  return answer;
}

/** `127.0.0.1:8080`, `[::1]:8080`, or the path. */
export function wordOf(
  address: { readonly host: string; readonly port: number } | { readonly path: string },
): string {
  if ('path' in address) return address.path;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

function listenFault(address: LocalAddress, cause: unknown): Fault {
  const word = wordOf(address);
  switch (errnoCode(cause)) {
    case 'EADDRINUSE':
      return new Fault('conflict', 'FORWARD_ADDRESS_TAKEN', `Somebody listens on ${word} already`, {
        cause,
        hint: 'Take another port, or 0 for any that is free.',
      });
    case 'EACCES':
    case 'EPERM':
      return new Fault('denied', 'FORWARD_ADDRESS_DENIED', `No permission to listen on ${word}`, {
        cause,
        hint: 'Ports below 1024 belong to root; a socket wants a directory that you may write in.',
      });
    default:
      return new Fault('invalid', 'FORWARD_ADDRESS_INVALID', `${word} cannot be listened on`, {
        cause,
        hint: 'It must be an address of this host, or a path of at most 107 characters in a directory that exists.',
      });
  }
}
