// A regular file in the guest, as a channel: read to its end, or written.
import type { Readable, Writable } from 'node:stream';
import { Fault } from '../base/index.ts';
import type { LaneChannel } from './channel.ts';
import { FieldWriter, TAG } from './fields.ts';
import { STDIN, STDOUT, TYPE } from './frame.ts';
import { Inlet } from './inlet.ts';
import { type Done, Outlet } from './outlet.ts';
import { type LaneUser, userFields } from './process.ts';

export interface LaneRead {
  readonly path: string;
  readonly user: LaneUser;
  readonly offset: number;
  readonly withDigest: boolean;
  /** Makes the fault of a refusal in the caller's words; what the streams end with later, too. */
  readonly explain?: (fault: Fault) => Fault;
}

export interface LaneWrite {
  readonly path: string;
  readonly user: LaneUser;
  readonly how: 'new' | 'truncate' | 'at';
  /** Permissions of a new file. */
  readonly mode: number;
  readonly offset: number;
  readonly withDigest: boolean;
  /** Makes the fault of a refusal in the caller's words; what the streams end with later, too. */
  readonly explain?: (fault: Fault) => Fault;
}

const HOW_READ = 0;
const HOW = { new: 1, truncate: 2, at: 3 } as const;
const READ_DIGEST = 2;
const WRITE_DIGEST = 4;

export class LaneSource implements AsyncDisposable {
  /** Of the whole file, when it was opened. */
  readonly size: number;
  readonly stream: Readable;
  /** BLAKE2b-512 in hexadecimal digits, of what the stream gives; rejects when none was asked for. */
  readonly digest: Promise<string>;
  readonly #channel: LaneChannel;

  static async open(channel: LaneChannel, order: LaneRead, signal?: AbortSignal): Promise<LaneSource> {
    const digest = Promise.withResolvers<string>();
    digest.promise.catch(() => {}); // whoever waits for it hears of it
    if (!order.withDigest) digest.reject(noDigest());
    const intake = channel.intake(STDOUT);
    const stream = new Inlet(intake, () => channel.abandon());
    channel.listen({
      onEof: (from, hex) => {
        if (from !== STDOUT || (hex !== undefined) !== order.withDigest) {
          channel.violated('a file ended without its digest');
          return;
        }
        if (hex !== undefined) digest.resolve(hex);
        channel.finish();
      },
      onOver: (reason) => {
        const fault = explained(order, reason);
        digest.reject(fault ?? closedEarly(order.path));
        stream.destroy(fault);
      },
    });
    const fields = new FieldWriter()
      .text(TAG.PATH, order.path)
      .integer(TAG.HOW, HOW_READ)
      .long(TAG.OFFSET, order.offset)
      .integer(TAG.FLAGS, order.withDigest ? READ_DIGEST : 0);
    const request = {
      type: TYPE.OPEN,
      fields: userFields(fields, order.user),
      what: 'the opening of a file',
    };
    const size = await channel.open(request, (answer) => answer.long(TAG.SIZE), signal);
    return new LaneSource(channel, { size, stream, digest: digest.promise });
  }

  private constructor(channel: LaneChannel, file: Pick<LaneSource, 'size' | 'stream' | 'digest'>) {
    this.#channel = channel;
    this.size = file.size;
    this.stream = file.stream;
    this.digest = file.digest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stream.destroy();
    await this.#channel.close();
  }
}

export class LaneSink implements AsyncDisposable {
  /** Finishes when the file is on the guest's disk. */
  readonly stream: Writable;
  readonly finished: Promise<{ readonly bytes: number; readonly digest: string | undefined }>;
  readonly #channel: LaneChannel;

  static async open(channel: LaneChannel, order: LaneWrite, signal?: AbortSignal): Promise<LaneSink> {
    const finished = Promise.withResolvers<{ bytes: number; digest: string | undefined }>();
    finished.promise.catch(() => {}); // whoever waits for it hears of it
    const sender = channel.sender();
    let flushed: Done | undefined;
    const stream = new Outlet(sender, {
      onEnd: (done) => {
        flushed = done;
      },
      onAbandoned: () => channel.abandon(),
    });
    channel.listen({
      onEof: (from, digest) => {
        if (from !== STDIN || flushed === undefined || (digest !== undefined) !== order.withDigest) {
          channel.violated('a file ended that was still being written, or without its digest');
          return;
        }
        channel.finish();
        finished.resolve({ bytes: sender.sent, digest });
        flushed();
      },
      onOver: (reason) => {
        const fault = explained(order, reason);
        finished.reject(fault ?? closedEarly(order.path));
        stream.destroy(fault);
      },
    });
    const fields = new FieldWriter()
      .text(TAG.PATH, order.path)
      .integer(TAG.HOW, HOW[order.how])
      .integer(TAG.MODE, order.mode)
      .long(TAG.OFFSET, order.offset)
      .integer(TAG.FLAGS, order.withDigest ? WRITE_DIGEST : 0);
    const request = {
      type: TYPE.OPEN,
      fields: userFields(fields, order.user),
      what: 'the opening of a file',
    };
    await channel.open(request, () => {}, signal);
    return new LaneSink(channel, stream, finished.promise);
  }

  private constructor(channel: LaneChannel, stream: Writable, finished: LaneSink['finished']) {
    this.#channel = channel;
    this.stream = stream;
    this.finished = finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stream.destroy();
    await this.#channel.close();
  }
}

function noDigest(): Fault {
  return new Fault('invalid', 'LANE_NO_DIGEST', 'No digest was asked for when the file was opened');
}

function closedEarly(path: string): Fault {
  return new Fault('cancelled', 'CANCELLED', `The file ${path} was closed before its end`, {
    outcome: 'unknown',
  });
}

function explained(order: LaneRead | LaneWrite, fault: Fault | undefined): Fault | undefined {
  return fault === undefined ? undefined : (order.explain?.(fault) ?? fault);
}
