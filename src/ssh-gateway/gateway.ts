// The SSH server: listens, lets connections in within their limits, and closes down in bounded time. SSH itself is ssh2's.
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import ssh2, { type Server } from 'ssh2';
import { asFault, Fault, type Secret } from '../base/index.ts';
import type { Log } from '../compute/index.ts';
import { AuthorizedKeys } from './authorized-keys.ts';
import { ClientConnection } from './connection.ts';
import { Counter, type GatewayLimits, Rate } from './limits.ts';
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
const LAST_WORDS_MS = 2000;

interface Newcomer {
  readonly socket: Socket;
  readonly loggedIn: () => void;
}

export class Gateway implements AsyncDisposable {
  readonly #options: GatewayOptions;
  readonly #keys: AuthorizedKeys;
  readonly #ssh: Server;
  readonly #tcp: NetServer;
  readonly #rate: Rate;
  readonly #counter = new Counter();
  readonly #connections = new Set<ClientConnection>();
  /** By the client's address, until ssh2 has read its first line. */
  readonly #newcomers = new Map<string, Newcomer>();
  #open = 0;
  #beforeLogin = 0;
  #sweep: NodeJS.Timeout | undefined;

  /** Throws `SSH_KEY_INVALID`. */
  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#keys = new AuthorizedKeys(options.subjects);
    this.#rate = new Rate(options.limits.connectionsPerSecond);
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
    this.#sweep = setInterval(() => this.#endIdle(), SWEEP_MS).unref();
  }

  get address(): { readonly host: string; readonly port: number } {
    const address = this.#tcp.address();
    if (address === null || typeof address === 'string') return this.#options.listen;
    return { host: address.address, port: address.port };
  }

  /** Lets nobody in any more; what runs may end by itself until `drainMs` have passed, and is ended then. */
  async close(drainMs: number): Promise<void> {
    clearInterval(this.#sweep);
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
    const { limits, log } = this.#options;
    const { remoteAddress: ip = '', remotePort: port = 0 } = socket;
    const why = this.#whyNot(ip);
    if (why !== undefined) {
      log.warn({ origin: `ssh ${ip}:${port}`, why }, 'ssh gateway: a connection was turned away');
      socket.destroy();
      return;
    }
    const name = `${ip}:${port}`;
    this.#open += 1;
    this.#beforeLogin += 1;
    const late = setTimeout(() => socket.destroy(), limits.handshakeS * 1000).unref();
    const loggedIn = once(() => {
      clearTimeout(late);
      this.#beforeLogin -= 1;
    });
    this.#newcomers.set(name, { socket, loggedIn });
    socket.once('close', () => {
      this.#open -= 1;
      this.#newcomers.delete(name);
      loggedIn();
    });
    this.#ssh.injectSocket(socket);
  }

  #whyNot(ip: string): string | undefined {
    const { limits } = this.#options;
    if (!this.#rate.admits(ip, performance.now())) return 'too many connections of this source in a second';
    if (this.#open >= limits.connections) return 'too many connections';
    if (this.#beforeLogin >= Math.ceil(limits.connections / 4))
      return 'too many connections before their login';
    return undefined;
  }

  #onConnection(connection: ssh2.Connection, name: string): void {
    const newcomer = this.#newcomers.get(name);
    this.#newcomers.delete(name);
    if (newcomer === undefined) {
      connection.on('error', () => undefined);
      connection.end();
      return;
    }
    const { reach, limits, log, acceptEnv, record } = this.#options;
    const client = new ClientConnection({
      ...{ reach, limits, log, acceptEnv, record, connection, socket: newcomer.socket },
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

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}
