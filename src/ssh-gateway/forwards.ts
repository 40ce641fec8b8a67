// Forwarded connections: into the guest (-L, -D, -W) and out of it (-R), over TCP and unix sockets.
// Rules: RFC 4254, 7; OpenSSH's PROTOCOL, 2.4. A listener in the guest is always on its loopback address, as with
// sshd's GatewayPorts=no.
import type { Duplex } from 'node:stream';
import type { Connection, RejectConnection, ServerChannel } from 'ssh2';
import { asFault, Fault, isFault } from '../base/index.ts';
import { type ActBeginning, type Client, failedWith } from './client.ts';
import type { GuestAddress, GuestCaller, GuestListener } from './reach.ts';
import { relay } from './relay.ts';
import { demand } from './session-channel.ts';

const NOTHING = { exitCode: null, signal: null, bytesIn: 0, bytesOut: 0, via: null };
const HOST = /^[A-Za-z0-9_.:%-]{1,255}$/;
/** As long as a unix socket's address may be. */
const PATH = /^\/[^\0]{0,106}$/;

type OpenTowardsClient = (
  caller: GuestCaller,
  opened: (error: Error | undefined, channel: ServerChannel) => void,
) => void;

export class Forwards {
  readonly #client: Client;
  readonly #connection: Connection;
  /** By the address that the client named; a promise while the guest is asked. */
  readonly #listeners = new Map<string, Promise<GuestListener>>();

  constructor(client: Client) {
    this.#client = client;
    this.#connection = client.options.connection;
    this.#connection.on('tcpip', (accept, reject, { destIP, destPort }) =>
      this.#connect(accept, reject, { host: destIP, port: destPort }),
    );
    this.#connection.on('openssh.streamlocal', (accept, reject, { socketPath }) =>
      this.#connect(accept, reject, { path: socketPath }),
    );
    this.#listenForRequests();
  }

  /** The connection is gone. */
  async end(): Promise<void> {
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of await Promise.allSettled(listeners)) {
      if (listener.status === 'fulfilled') await listener.value[Symbol.asyncDispose]();
    }
  }

  #connect(accept: () => ServerChannel, reject: RejectConnection, address: GuestAddress): void {
    const giveBack = this.#client.takePlace();
    if (giveBack === undefined) {
      reject();
      return;
    }
    this.#connectTo(accept, reject, address)
      .catch((error: unknown) => this.#trouble(error, 'a forwarded connection'))
      .finally(giveBack);
  }

  async #connectTo(
    accept: () => ServerChannel,
    reject: RejectConnection,
    address: GuestAddress,
  ): Promise<void> {
    const act: ActBeginning = { what: 'connect', privilege: 'forward', target: wordOf(address) };
    const began = performance.now();
    let stream: Duplex;
    try {
      demand(this.#client.options.admission.may, 'forward', 'forward');
      checkAddress(address, 1);
      stream = await (await this.#client.guest()).connect(address);
    } catch (error) {
      reject();
      this.#client.report(act, { ...NOTHING, ...failedWith(asFault(error)) }, began);
      return;
    }
    if (this.#client.gone.aborted) stream.destroy();
    else await relay(this.#client, act, accept(), stream);
  }

  #listenForRequests(): void {
    this.#connection.on('request', (accept, reject, name, info: unknown) => {
      const asked = requestOf(name, info);
      if (asked === undefined) return reject?.();
      const done = asked.isCancel ? this.#cancel(asked.key) : this.#listen(asked);
      done.then(
        (port) => accept?.(port),
        (error: unknown) => {
          reject?.();
          this.#trouble(error, 'a forwarded port');
        },
      );
    });
  }

  async #listen({ key, address, open }: ForwardRequest): Promise<number> {
    const act: ActBeginning = { what: 'listen', privilege: 'forward', target: wordOf(address) };
    const began = performance.now();
    try {
      demand(this.#client.options.admission.may, 'forward', 'forward');
      checkAddress(address, 0);
      const { limits } = this.#client.options;
      if (this.#listeners.has(key) || this.#listeners.size >= limits.channelsPerConnection) {
        throw new Fault('exhausted', 'FORWARD_REFUSED', `${wordOf(address)} cannot be listened on once more`);
      }
      let port = 'port' in address ? address.port : 0;
      const onConnection = (caller: GuestCaller) =>
        this.#towardsClient(
          act,
          caller,
          open(this.#connection, () => port),
        );
      const listening = this.#client.guest().then((guest) => guest.listen(address, onConnection));
      this.#listeners.set(key, listening);
      port = (await listening).port;
      this.#rename(key, address, port);
      this.#client.report(act, { ...NOTHING, outcome: 'ok', code: null, via: 'lane' }, began);
      return port;
    } catch (error) {
      if (!isFault(error, 'FORWARD_REFUSED')) this.#listeners.delete(key);
      this.#client.report(act, { ...NOTHING, ...failedWith(asFault(error)) }, began);
      throw error;
    }
  }

  /** A client that left the port to the guest cancels by the port that it was told. */
  #rename(key: string, address: GuestAddress, port: number): void {
    const listening = this.#listeners.get(key);
    if (listening === undefined || !('port' in address) || address.port === port) return;
    this.#listeners.delete(key);
    this.#listeners.set(key.replace(/:0$/, `:${port}`), listening);
  }

  async #cancel(key: string): Promise<number> {
    const listening = this.#listeners.get(key);
    if (listening === undefined) {
      throw new Fault('not-found', 'FORWARD_UNKNOWN', `${key} is not forwarded`);
    }
    this.#listeners.delete(key);
    await (await listening)[Symbol.asyncDispose]();
    return 0;
  }

  #towardsClient(act: ActBeginning, caller: GuestCaller, open: OpenTowardsClient): void {
    const giveBack = this.#client.takePlace();
    if (giveBack === undefined || this.#client.gone.aborted) {
      giveBack?.();
      caller.stream.destroy();
      return;
    }
    open(caller, (error, channel) => {
      if (error !== undefined) {
        giveBack();
        caller.stream.destroy();
        this.#trouble(error, 'a connection that the client did not take');
        return;
      }
      relay(this.#client, { ...act, what: 'connect' }, channel, caller.stream)
        .catch((failure: unknown) => this.#trouble(failure, 'a forwarded connection'))
        .finally(giveBack);
    });
  }

  #trouble(error: unknown, what: string): void {
    const { log, subject, origin } = this.#client.options;
    log.warn({ subject, origin, err: asFault(error) }, `ssh gateway: trouble with ${what}`);
  }
}

interface ForwardRequest {
  readonly isCancel: boolean;
  readonly key: string;
  readonly address: GuestAddress;
  /** How a connection is offered to the client; `port` is asked when one comes. */
  readonly open: (connection: Connection, port: () => number) => OpenTowardsClient;
}

function requestOf(name: string, info: unknown): ForwardRequest | undefined {
  if (typeof info !== 'object' || info === null) return undefined;
  const isCancel = name.startsWith('cancel-');
  if ('socketPath' in info && typeof info.socketPath === 'string') {
    const path = info.socketPath;
    return {
      isCancel,
      key: path,
      address: { path },
      open: (connection) => (_caller, opened) => connection.openssh_forwardOutStreamLocal(path, opened),
    };
  }
  if (!('bindAddr' in info) || !('bindPort' in info)) return undefined;
  const { bindAddr, bindPort } = info;
  if (typeof bindAddr !== 'string' || typeof bindPort !== 'number') return undefined;
  return {
    isCancel,
    key: `${bindAddr}:${bindPort}`,
    address: { host: bindAddr === '::1' ? '::1' : '127.0.0.1', port: bindPort },
    open: (connection, port) => (caller, opened) =>
      connection.forwardOut(bindAddr, port(), caller.host, caller.port, opened),
  };
}

function checkAddress(address: GuestAddress, leastPort: number): void {
  const isRight =
    'path' in address
      ? PATH.test(address.path)
      : HOST.test(address.host) && address.port >= leastPort && address.port <= 65_535;
  if (!isRight) throw new Fault('invalid', 'FORWARD_ADDRESS_INVALID', 'The address to forward is not one');
}

function wordOf(address: GuestAddress): string {
  return 'path' in address ? address.path : `${address.host}:${address.port}`;
}
