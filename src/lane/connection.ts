// Connections into the guest, and those that come to a listener in it, as channels.
import { Duplex } from 'node:stream';
import type { LaneChannel } from './channel.ts';
import { type Fields, FieldWriter, TAG } from './fields.ts';
import { STDIN, STDOUT, TYPE } from './frame.ts';
import { type Intake, READ_BYTES } from './inlet.ts';
import { type Done, piecesOf, type Sender, WRITE_BYTES } from './outlet.ts';
import { type LaneUser, userFields } from './process.ts';

/** A TCP address as the guest sees it, or the path of a unix socket in the guest. */
export type LaneAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** `user` is whom it is done as: what a socket's permissions or a low port ask for. Left out, it is the server itself. */
export type LaneForward = LaneAddress & { readonly user?: LaneUser | undefined };

const MAX_HOST_BYTES = 255;

/** Both directions end apart: `end()` is a half-close. Destroyed, it closes the socket in the guest. */
export class LaneConnection extends Duplex {
  readonly #channel: LaneChannel;
  readonly #intake: Intake;
  readonly #sender: Sender;

  static async open(channel: LaneChannel, order: LaneForward, signal?: AbortSignal): Promise<LaneConnection> {
    const connection = new LaneConnection(channel);
    const fields = forwardFields(order);
    await channel.open({ type: TYPE.CONNECT, fields, what: 'a connection' }, () => {}, signal);
    return connection;
  }

  /** Over a channel that is being opened, or that the server has opened. */
  constructor(channel: LaneChannel) {
    super({ readableHighWaterMark: READ_BYTES, writableHighWaterMark: WRITE_BYTES, allowHalfOpen: true });
    this.#channel = channel;
    this.#intake = channel.intake(STDOUT);
    this.#sender = channel.sender();
    this.#intake.attach((piece) => this.push(piece));
    this.on('error', () => {}); // whoever reads or writes hears of it; without a listener Node would end the process
    channel.listen({
      onEof: (stream) => {
        if (stream === STDIN) channel.violated('an end of file on a stream that cannot have one');
        else this.#settle();
      },
      onOver: (fault) => void this.destroy(fault),
    });
  }

  override _read(): void {
    this.#intake.want();
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#sender.start([chunk], done);
  }

  override _writev(chunks: readonly { chunk: Buffer }[], done: Done): void {
    this.#sender.start(piecesOf(chunks), done);
  }

  override _final(done: Done): void {
    this.#sender.end();
    this.#settle();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#sender.drop();
    this.#channel.abandon();
    this.#intake.drop();
    done(error);
  }

  /** The channel ends when both directions have. */
  #settle(): void {
    if (this.#sender.hasEnded && this.#intake.isComplete) this.#channel.finish();
  }
}

/** Where a connection to a listener came from, as the guest says; a unix socket's has neither. */
export interface LanePeer {
  readonly host: string | undefined;
  readonly port: number | undefined;
}

export type OnConnection = (connection: LaneConnection, from: LanePeer) => void;

export class LaneListener implements AsyncDisposable {
  /** The port in the guest; undefined for a unix socket. */
  readonly port: number | undefined;
  /** Settles when it listens no more: rejects when the server or the session broke off. */
  readonly closed: Promise<void>;
  readonly #channel: LaneChannel;

  /** `adopt` makes a channel of a number that the server chose. */
  static async open(
    channel: LaneChannel,
    order: {
      readonly forward: LaneForward;
      readonly onConnection: OnConnection;
      readonly adopt: (number: number) => LaneChannel | undefined;
    },
    signal?: AbortSignal,
  ): Promise<LaneListener> {
    const closed = Promise.withResolvers<void>();
    closed.promise.catch(() => {}); // whoever waits for it hears of it
    channel.listen({
      onAccepted: (fields) => {
        const from = peerOf(fields);
        const accepted = order.adopt(fields.integer(TAG.CHANNEL));
        if (accepted === undefined) return;
        const connection = new LaneConnection(accepted);
        if (channel.isClosing) connection.destroy();
        else order.onConnection(connection, from);
      },
      onOver: (fault) => {
        if (fault === undefined) closed.resolve();
        else closed.reject(fault);
      },
    });
    const request = { type: TYPE.LISTEN, fields: forwardFields(order.forward), what: 'listening' };
    const port = await channel.open(request, portOf, signal);
    return new LaneListener(channel, port, closed.promise);
  }

  private constructor(channel: LaneChannel, port: number | undefined, closed: Promise<void>) {
    this.#channel = channel;
    this.port = port;
    this.closed = closed;
  }

  /** Connections that came already go on. */
  async close(): Promise<void> {
    await this.#channel.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function forwardFields(forward: LaneForward): FieldWriter {
  const fields = new FieldWriter();
  if ('path' in forward) fields.text(TAG.PATH, forward.path);
  else fields.text(TAG.HOST, forward.host).integer(TAG.PORT, forward.port);
  return forward.user === undefined ? fields : userFields(fields, forward.user);
}

function peerOf(fields: Fields): LanePeer {
  return {
    host: fields.has(TAG.HOST) ? fields.text(TAG.HOST, MAX_HOST_BYTES) : undefined,
    port: portOf(fields),
  };
}

function portOf(fields: Fields): number | undefined {
  return fields.has(TAG.PORT) ? fields.integer(TAG.PORT) : undefined;
}
