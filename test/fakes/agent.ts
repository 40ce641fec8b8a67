// A guest agent that speaks real bytes on a real unix socket, and lies, delays, drops and splits when told to.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakeRequest {
  readonly execute: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly id: unknown;
}

/** How a handler answers; nothing is sent that it does not send. */
export interface FakeAnswer {
  /** `{"return": value}` with the request's id. */
  give(value: unknown): void;
  refuse(desc: string, errorClass?: string): void;
  /** Bytes as they are. */
  raw(bytes: Buffer | string): void;
  /** Ends the connection. */
  hangUp(): void;
}

export type FakeHandler = (request: FakeRequest, answer: FakeAnswer) => void;

/** Sends bytes to the client; a test may replace it to split or delay them. */
export type FakeCarrier = (socket: Socket, bytes: Buffer) => void;

const COMMANDS = [
  'guest-ping',
  'guest-info',
  'guest-sync-delimited',
  'guest-exec',
  'guest-exec-status',
  'guest-file-open',
  'guest-file-read',
  'guest-file-write',
  'guest-file-flush',
  'guest-file-close',
  'guest-fsfreeze-status',
  'guest-network-get-interfaces',
  'guest-set-user-password',
  'guest-get-osinfo',
  'guest-get-host-name',
  'guest-shutdown',
];

/** Serves any number of clients. Synchronisation, ping and info work unless the handler map says otherwise. */
export class FakeAgent implements AsyncDisposable {
  readonly path: string;
  /** Every request that could be read, in order. */
  readonly requests: FakeRequest[] = [];
  readonly handlers = new Map<string, FakeHandler>();
  /** Commands that guest-info lists as disabled. */
  readonly disabled = new Set<string>();
  readonly commands = new Set(COMMANDS);
  carry: FakeCarrier = (socket, bytes) => void socket.write(bytes);
  readonly #server: Server;
  readonly #folder: string;
  readonly #sockets = new Set<Socket>();

  static async listen(): Promise<FakeAgent> {
    const folder = await mkdtemp(join(tmpdir(), 'novalet-fake-agent-'));
    const server = createServer();
    const agent = new FakeAgent(server, folder);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen(agent.path, resolve);
    await promise;
    return agent;
  }

  private constructor(server: Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
    this.path = join(folder, 'agent.sock');
    server.on('connection', (socket) => this.#serve(socket));
  }

  /** How often a command was asked for. */
  count(command: string): number {
    return this.requests.filter((request) => request.execute === command).length;
  }

  /** Cuts every connection, as a reboot does. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disconnect();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
    await rm(this.#folder, { recursive: true, force: true });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let held = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      for (let end = held.indexOf(10); end >= 0; end = held.indexOf(10)) {
        const line = held.subarray(0, end);
        held = held.subarray(end + 1);
        this.#line(socket, line.subarray(line.lastIndexOf(0xff) + 1));
      }
    });
  }

  #line(socket: Socket, line: Buffer): void {
    const request = JSON.parse(line.toString('utf8'));
    this.requests.push(request);
    const send = (bytes: Buffer | string) => this.carry(socket, Buffer.from(bytes));
    const { id } = request;
    const answer: FakeAnswer = {
      give: (value) => send(`${JSON.stringify({ return: value, id })}\n`),
      refuse: (desc, errorClass = 'GenericError') =>
        send(`${JSON.stringify({ error: { class: errorClass, desc }, id })}\n`),
      raw: send,
      hangUp: () => socket.destroy(),
    };
    const isDisabled = this.disabled.has(request.execute);
    const handler = isDisabled ? undefined : this.handlers.get(request.execute);
    (handler ?? this.#usual(request))(request, answer);
  }

  #usual(request: FakeRequest): FakeHandler {
    switch (request.execute) {
      case 'guest-ping':
        return (_, answer) => answer.give({});
      case 'guest-sync-delimited':
        return ({ arguments: args, id }, answer) =>
          answer.raw(
            Buffer.concat([
              Buffer.from([0xff]),
              Buffer.from(`${JSON.stringify({ return: args['id'], id })}\n`),
            ]),
          );
      case 'guest-info':
        return (_, answer) => answer.give({ version: '7.2.22', supported_commands: this.#supported() });
      case 'guest-fsfreeze-status':
        return (_, answer) => answer.give('thawed');
      default:
        return (_, answer) =>
          answer.refuse(`The command ${request.execute} has not been found`, 'CommandNotFound');
    }
  }

  #supported() {
    return [...this.commands].map((name) => ({
      name,
      enabled: !this.disabled.has(name),
      'success-response': true,
    }));
  }
}
