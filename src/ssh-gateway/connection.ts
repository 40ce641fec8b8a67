// One client's connection, from its first byte to its last: handshake and login in time, channels within the limits, and
// everything ended when it goes. What goes wrong in here ends this connection and nothing else.
import type { Socket } from 'node:net';
import type { Connection } from 'ssh2';
import { asFault } from '../base/index.ts';
import type { Log } from '../compute/index.ts';
import { Client, type ClientOptions } from './client.ts';
import { ClientLogin, type LoginOptions } from './client-login.ts';
import { Flow } from './flow.ts';
import { Forwards } from './forwards.ts';
import { SessionChannel } from './session-channel.ts';
import { hearLateRequests } from './ssh2-inside.ts';

export interface ConnectionOptions
  extends Pick<LoginOptions, 'keys'>,
    Pick<ClientOptions, 'reach' | 'limits' | 'counter' | 'acceptEnv' | 'record' | 'startedAfterMs'> {
  readonly log: Log;
  readonly origin: string;
  readonly socket: Socket;
  readonly connection: Connection;
  readonly onLogin: () => void;
}

/** How long the socket may take to close after the last word. */
const GOODBYE_MS = 4000;
/** How long a client may take to show why its connection ends. */
const LAST_WORD_MS = 2000;
/** A client that sends on into a closed window; checked every so many bytes. */
const CHECK_BYTES = 4 * 1024 * 1024;
const MOST_UNREAD = 4 * 1024 * 1024;

export class ClientConnection {
  readonly #options: ConnectionOptions;
  readonly #flow: Flow;
  readonly #login: ClientLogin;
  readonly #closed = Promise.withResolvers<void>();
  #client: Client | undefined;
  #forwards: Forwards | undefined;
  #received = 0;
  #isEnding = false;

  constructor(options: ConnectionOptions) {
    const { connection, socket, limits, log, origin } = options;
    this.#options = options;
    this.#flow = new Flow(socket, limits.bufferBytes, () => this.end('the exchange of keys does not end'));
    connection.on('error', (error: unknown) =>
      log.debug({ origin, err: asFault(error) }, 'ssh gateway: a connection failed'),
    );
    connection.on('handshake', () => this.#flow.keysAgreed());
    this.#login = new ClientLogin(connection, { ...options, attempts: limits.authAttempts });
    connection.on('ready', () => this.#onReady());
    socket.on('data', (bytes: Buffer) => this.#watchWindow(bytes.length));
    socket.once('close', () => {
      this.#onGone()
        .catch((error: unknown) =>
          log.warn({ origin, err: asFault(error) }, 'ssh gateway: trouble at the end'),
        )
        .finally(() => this.#closed.resolve());
    });
  }

  /** Resolves when all that belonged to it has ended. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get isBusy(): boolean {
    return (this.#client?.places ?? 0) > 0;
  }

  /** Without a byte in any channel. */
  get quietMs(): number {
    return this.#client?.quietMs ?? 0;
  }

  end(why: string): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const { connection, socket, log, origin } = this.#options;
    log.info({ origin, why }, 'ssh gateway: ending a connection');
    const told = this.#client?.tellAll(`novalet: ${why}\r\n`) ?? Promise.resolve();
    const late = setTimeout(() => connection.end(), LAST_WORD_MS).unref();
    told.then(
      () => connection.end(),
      (error: unknown) =>
        log.debug({ origin, err: asFault(error) }, 'ssh gateway: a last word was not heard'),
    );
    socket.once('close', () => clearTimeout(late));
    setTimeout(() => socket.destroy(), GOODBYE_MS).unref();
  }

  #onReady(): void {
    const { connection, log, origin, reach, limits, counter, acceptEnv, record, startedAfterMs } =
      this.#options;
    const loggedIn = this.#login.current;
    if (loggedIn === undefined) {
      this.end('no login');
      return;
    }
    this.#options.onLogin();
    const { subject, admission } = loggedIn;
    const client = new Client({
      ...{ connection, log, origin, reach, limits, counter, acceptEnv, record, startedAfterMs },
      ...{ subject, admission, flow: this.#flow },
    });
    this.#client = client;
    this.#forwards = new Forwards(client);
    log.info(
      { subject, origin, instance: admission.instance, guestUser: admission.guestUser },
      'ssh gateway: a client logged in',
    );
    const channels = new WeakMap<object, SessionChannel>();
    connection.on('session', (accept, reject) => {
      const giveBack = client.takePlace();
      if (giveBack === undefined) return reject();
      const session = accept();
      const channel = new SessionChannel(session, client, giveBack);
      channels.set(session, channel);
      channel.listen();
    });
    hearLateRequests(connection, (session, request) => channels.get(session)?.hear(request));
  }

  /** ssh2 does not hold a client to the window that it was given. */
  #watchWindow(count: number): void {
    this.#received += count;
    if (this.#received < CHECK_BYTES) return;
    this.#received = 0;
    if ((this.#client?.mostUnread ?? 0) <= MOST_UNREAD) return;
    const { log, origin, socket } = this.#options;
    log.warn({ origin }, 'ssh gateway: a client sends more than it may');
    socket.destroy();
  }

  async #onGone(): Promise<void> {
    await this.#client?.end();
    await this.#forwards?.end();
  }
}
