// The metadata service: listens, lets connections in within their limits, and closes down in bounded time. HTTP itself is
// node:http's, with its strict parser.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Counter, Fault } from '../base/index.ts';
import type { Answer } from './answer-shapes.ts';
import { Exchange, type ExchangeOptions, type SocketFacts } from './exchange.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

export interface MetadataServiceOptions extends ExchangeOptions {
  /** Where `listen` begins; `open` and `shut` change it later. */
  readonly listen: readonly ListenAddress[];
}

const MOST_HEADER_BYTES = 8192;

export class MetadataService implements AsyncDisposable {
  readonly #options: MetadataServiceOptions;
  readonly #exchange: Exchange;
  /** By the address that was asked for. */
  readonly #servers = new Map<string, Server>();
  readonly #open = new Counter();
  /** Requests of a connection that are not answered yet. */
  readonly #waiting = new WeakMap<Socket, number>();

  constructor(options: MetadataServiceOptions) {
    this.#options = options;
    this.#exchange = new Exchange(options);
  }

  /** Listens on all addresses or on none. Throws `METADATA_LISTEN_FAILED`. */
  async listen(): Promise<void> {
    try {
      for (const address of this.#options.listen) await this.open(address);
    } catch (error) {
      await this.close(0);
      throw error;
    }
  }

  /** Listens there as well; one that is listened on already is fine. Throws `METADATA_LISTEN_FAILED`. */
  async open(address: ListenAddress): Promise<void> {
    if (this.isOpen(address)) return;
    const server = this.#createServer();
    await listenOn(server, address);
    server.on('error', (err) =>
      this.#options.log.warn({ err }, 'metadata service: a connection could not be accepted'),
    );
    this.#servers.set(keyOf(address), server);
  }

  isOpen(address: ListenAddress): boolean {
    return this.#servers.has(keyOf(address));
  }

  /** Listens there no more; requests that have begun may end until `drainMs` have passed. */
  async shut(address: ListenAddress, drainMs: number): Promise<void> {
    const server = this.#servers.get(keyOf(address));
    this.#servers.delete(keyOf(address));
    if (server !== undefined) await closeServer(server, drainMs);
  }

  /** In the order in which they were opened, with the ports that were free. */
  get addresses(): readonly ListenAddress[] {
    return [...this.#servers.values()].flatMap((server) => {
      const address = server.address();
      if (address === null || typeof address === 'string') return [];
      return [{ host: address.address, port: address.port }];
    });
  }

  /** Lets nobody in any more; requests that have begun may end until `drainMs` have passed. */
  async close(drainMs: number): Promise<void> {
    const servers = [...this.#servers.values()];
    this.#servers.clear();
    await Promise.all(servers.map((server) => closeServer(server, drainMs)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close(0);
  }

  #createServer(): Server {
    const { limits } = this.#options;
    const server = createServer(
      {
        maxHeaderSize: MOST_HEADER_BYTES,
        headersTimeout: limits.headerMs,
        requestTimeout: limits.requestMs,
        keepAliveTimeout: limits.idleMs,
        connectionsCheckingInterval: Math.min(1000, limits.headerMs),
        insecureHTTPParser: false,
        noDelay: true,
      },
      (message, response) => void this.#serve(message, response),
    );
    server.timeout = limits.idleMs;
    server.maxHeadersCount = 0; // their size is bounded; a bound of the count would hide a header that is there twice
    server.on('connection', (socket) => this.#enter(socket));
    return server;
  }

  #enter(socket: Socket): void {
    const { limits, identification } = this.#options;
    const perSource = identification.kind === 'proxy' ? limits.connections : limits.connectionsPerSource;
    const leave = this.#open.take(factsOf(socket).remoteAddress, perSource, limits.connections);
    if (leave === undefined) {
      socket.destroy();
      return;
    }
    const end = setTimeout(() => socket.destroy(), limits.connectionMs).unref();
    socket.once('close', () => {
      clearTimeout(end);
      leave();
    });
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = message;
    const waiting = (this.#waiting.get(socket) ?? 0) + 1;
    if (waiting > this.#options.limits.waitingPerConnection) {
      socket.destroy();
      return;
    }
    this.#waiting.set(socket, waiting);
    try {
      const { answer, isLast } = await this.#exchange.reply(message, factsOf(socket));
      if (isLast) response.shouldKeepAlive = false;
      send(response, answer);
    } catch {
      socket.destroy(); // it left before its request was whole: there is nobody to answer
    } finally {
      this.#waiting.set(socket, (this.#waiting.get(socket) ?? 1) - 1);
    }
  }
}

function send(response: ServerResponse, { status, type, body, headers }: Answer): void {
  response.writeHead(status, {
    ...headers,
    'Content-Type': type,
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
  });
  response.end(body);
}

function factsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): SocketFacts {
  return {
    remoteAddress: plain(remoteAddress),
    remotePort: remotePort ?? 0,
    localAddress: plain(localAddress),
    localPort: localPort ?? 0,
  };
}

/** Empty where the other end is gone already. */
function plain(address = ''): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

function keyOf({ host, port }: ListenAddress): string {
  return `${host} ${port}`;
}

async function listenOn(server: Server, { host, port }: ListenAddress): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new Fault(
      'unavailable',
      'METADATA_LISTEN_FAILED',
      `The metadata service cannot listen on ${host}:${port}`,
      { cause, hint: `Is something else listening there? ss -ltnp | grep :${port}` },
    );
  }
  server.off('error', reject);
}

async function closeServer(server: Server, drainMs: number): Promise<void> {
  if (!server.listening) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve()); // and with it what is idle
  const late = setTimeout(() => server.closeAllConnections(), drainMs);
  await promise;
  clearTimeout(late);
}
