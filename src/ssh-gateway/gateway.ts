// The SSH server: listens, lets connections in within their limits, and closes down in bounded time. SSH itself is ssh2's.
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import ssh2, { type Server } from 'ssh2';
import { asFault, Counter, Fault, type Secret } from '../base/index.ts';
import type { Log } from '../compute/index.ts';
import { AuthorizedKeys } from './authorized-keys.ts';
import { ClientConnection } from './connection.ts';
import { Door } from './door.ts';
import type { GatewayLimits } from './limits.ts';
import type { GatewaySubject, SessionRecord, SshReach } from './reach.ts';

export interface GatewayOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly hostKeys: readonly Secret[];
  readonly subjects: readonly GatewaySubject[];
  readonly reach: SshReach;
  readonly limits: GatewayLimits;
  readonly log: Log;
  /** Names of variables that clients may set besides LANG, LC_* and TERM; with `*`. */
  readonly acceptEnv: readonly string[];
  /** Told of everything that was done, when it is over. Must not throw. */
  readonly record: (record: SessionRecord) => void;
  /** What lasts so long has a record before its end, too. */
  readonly startedAfterMs: number;
}

/** No SHA-1, no CBC, no compression, no group exchange (the host would search for primes for anybody). */
const ALGORITHMS = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group14-sha256',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  serverHostKey: ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256'],
  compress: ['none'],
} satisfies ssh2.ServerConfig['algorithms'];

/**
 * OpenSSH's client says that its standard output is gone (`ssh NAME yes | head -1`) to nobody who does not call himself
 * this; without it the guest's program and the client would run for ever. Rules: OpenSSH's PROTOCOL, 2.1; compat.c.
 */
const IDENT = 'OpenSSH_compatible_novalet';
const KEEPALIVE_MS = 15_000;
const KEEPALIVE_MOST = 4;
const SWEEP_MS = 10_000;
/** Longer than a connection takes to end itself (connection.ts). */
const LAST_WORDS_MS = 5000;

interface Newcomer {
  readonly socket: Socket;
  readonly loggedIn: () => void;
}

export class Gateway implements AsyncDisposable {
  readonly #options: GatewayOptions;
  readonly #keys: AuthorizedKeys;
  readonly #ssh: Server;
  readonly #tcp: NetServer;
  readonly #door: Door;
  readonly #counter = new Counter();
  readonly #connections = new Set<ClientConnection>();
  /** By the client's address, until ssh2 has read its first line. */
  readonly #newcomers = new Map<string, Newcomer>();
  #sweep: NodeJS.Timeout | undefined;

  /** Throws `SSH_KEY_INVALID`. */
  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#keys = new AuthorizedKeys(options.subjects);
    this.#door = new Door(options.limits, options.log);
    this.#ssh = new ssh2.Server({
      hostKeys: options.hostKeys.map((key) => key.reveal()),
      algorithms: ALGORITHMS,
      ident: IDENT,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVE_MOST,
    });
    this.#ssh.on('connection', (connection, { ip, port }) => this.#onConnection(connection, `${ip}:${port}`));
    this.#tcp = createServer({ noDelay: true }, (socket) => this.#onSocket(socket));
  }

  /** Throws `SSH_LISTEN_FAILED`. */
  async listen(): Promise<void> {
    const { host, port } = this.#options.listen;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#tcp.once('error', reject);
    this.#tcp.listen({ host, port }, resolve);
    try {
      await promise;
    } catch (error) {
      throw new Fault(
        'unavailable',
        'SSH_LISTEN_FAILED',
        `The SSH gateway cannot listen on ${host}:${port}`,
        {
          cause: error,
          hint: `Is something else listening there? ss -ltnp | grep :${port}`,
        },
      );
    }
    this.#tcp.off('error', reject);
    this.#tcp.on('error', (error) =>
      this.#options.log.warn({ err: asFault(error) }, 'ssh gateway: a connection could not be accepted'),
    );
    this.#sweep = setInterval(() => {
      this.#door.tell();
      this.#endIdle();
    }, SWEEP_MS).unref();
  }

  get address(): { readonly host: string; readonly port: number } {
    const address = this.#tcp.address();
    if (address === null || typeof address === 'string') return this.#options.listen;
    return { host: address.address, port: address.port };
  }

  /** Lets nobody in any more; what runs may end by itself until `drainMs` have passed, and is ended then. */
  async close(drainMs: number): Promise<void> {
    clearInterval(this.#sweep);
    this.#door.tell();
    this.#tcp.close();
    for (const { socket } of this.#newcomers.values()) socket.destroy();
    const deadline = performance.now() + drainMs;
    while (this.#connections.size > 0) {
      const isLate = performance.now() >= deadline;
      for (const connection of this.#connections) {
        if (isLate || !connection.isBusy)
          connection.end('the SSH gateway was asked to stop; what ran over it has ended');
      }
      const all = Promise.all([...this.#connections].map((connection) => connection.closed));
      await soonest(all, isLate ? LAST_WORDS_MS : 100);
      if (isLate) break;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close(0);
  }

  #onSocket(socket: Socket): void {
    const { limits } = this.#options;
    const { remoteAddress: ip = '', remotePort: port = 0 } = socket;
    const place = this.#door.enter(ip, performance.now());
    if (typeof place === 'string') {
      turnAway(socket, place);
      return;
    }
    const name = `${ip}:${port}`;
    const late = setTimeout(() => socket.destroy(), limits.handshakeS * 1000).unref();
    const loggedIn = () => {
      clearTimeout(late);
      place.loggedIn();
    };
    this.#newcomers.set(name, { socket, loggedIn });
    socket.once('close', () => {
      clearTimeout(late);
      place.leave();
      this.#newcomers.delete(name);
    });
    this.#ssh.injectSocket(socket);
  }

  #onConnection(connection: ssh2.Connection, name: string): void {
    const newcomer = this.#newcomers.get(name);
    this.#newcomers.delete(name);
    if (newcomer === undefined) {
      connection.on('error', () => undefined);
      connection.end();
      return;
    }
    const { reach, limits, log, acceptEnv, record, startedAfterMs } = this.#options;
    const client = new ClientConnection({
      ...{ reach, limits, log, acceptEnv, record, startedAfterMs, connection, socket: newcomer.socket },
      keys: this.#keys,
      counter: this.#counter,
      origin: `ssh ${name}`,
      onLogin: newcomer.loggedIn,
    });
    this.#connections.add(client);
    void client.closed.then(() => this.#connections.delete(client));
  }

  #endIdle(): void {
    for (const connection of this.#connections) {
      if (connection.quietMs > this.#options.limits.idleS * 1000)
        connection.end(
          `nothing was said here for ${this.#options.limits.idleS} s, as long as the gateway allows`,
        );
    }
  }
}

async function soonest(work: Promise<unknown>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}

/** A line before the server's own is a client's to show: `ssh -v` does. Rules: RFC 4253, 4.2. */
function turnAway(socket: Socket, why: string): void {
  socket.on('error', () => undefined); // whoever is turned away may be gone already
  socket.setTimeout(LAST_WORDS_MS, () => socket.destroy());
  socket.write(`novalet: ${why}\r\n`);
  socket.destroySoon();
}
