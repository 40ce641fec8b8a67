// The guest's side of a transfer: what every act on its files needs. One for a road; what was found out is kept.
import { createHash, type Hash } from 'node:crypto';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault, isFault } from '../../base/index.ts';
import type { Digest, GuestProcess, GuestSink, GuestSource, Road } from '../road.ts';
import { decodePrintf, decodeStat, type Entry } from './entries.ts';
import { checkedPath, isText, joined } from './guest-path.ts';
import { B2SUM, type DigestProgram, type GuestTools, probeTools, SHA256SUM } from './guest-tools.ts';
import { answerInvalid, statusFault } from './script-faults.ts';
import { type ScriptCall, ScriptRunner, splitNames } from './script-runner.ts';
import { DIGEST, HOME, LIST_PRINTF, LIST_STAT, READ, SWEEP, WRITE } from './scripts.ts';

/** Whom an act is done as, and what ends it. */
export interface Act {
  /** Name or number of the guest's user; root when left out. */
  readonly user?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ListRequest extends Act {
  readonly least: 0 | 1;
  /** No limit when undefined. */
  readonly most: number | undefined;
  /** -H follows a link that the path itself is; -L also tells of what links point to. */
  readonly links: '-P' | '-H' | '-L';
}

const MOST_LISTED = 256 * 1024 * 1024;

export class GuestSide {
  readonly road: Road;
  readonly runner: ScriptRunner;
  #tools: Promise<GuestTools> | undefined;
  readonly #homes = new Map<string, Promise<{ home: string; uid: number }>>();

  constructor(road: Road) {
    this.road = road;
    this.runner = new ScriptRunner(road);
  }

  /** What its programs can do; looked for once, and again after a failure. */
  async tools(): Promise<GuestTools> {
    const looking = this.#tools ?? probeTools(this.runner);
    this.#tools = looking;
    try {
      return await looking;
    } catch (error) {
      this.#tools = undefined;
      throw error;
    }
  }

  /** The whole path; a relative one begins in the user's home. */
  async absolute(path: string, { user }: Act = {}): Promise<string> {
    const checked = checkedPath(path);
    return checked.startsWith('/') ? checked : joined((await this.self(user)).home, checked);
  }

  /** Home and number of the user. */
  async self(user: string | undefined): Promise<{ home: string; uid: number }> {
    const key = user ?? '';
    const known = this.#homes.get(key) ?? this.#lookUp(user);
    this.#homes.set(key, known);
    try {
      return await known;
    } catch (error) {
      this.#homes.delete(key);
      throw error;
    }
  }

  async #lookUp(user: string | undefined): Promise<{ home: string; uid: number }> {
    const call = { script: HOME, arguments: [], act: 'look for the home of', path: user ?? 'root', user };
    const [home = '', uid = ''] = await this.runner.words(call);
    if (!home.startsWith('/') || !/^\d{1,10}$/.test(uid)) throw answerInvalid(home, 'is no home');
    return { home: checkedPath(home), uid: Number(uid) };
  }

  async list(path: string, request: ListRequest): Promise<Entry[]> {
    const { least, most, links, user, signal } = request;
    const { hasPrintf } = await this.tools();
    const answer = await this.runner.run({
      script: hasPrintf ? LIST_PRINTF : LIST_STAT,
      arguments: [path, String(least), most === undefined ? '' : String(most), links],
      act: 'list',
      path,
      user,
      signal,
      maxBytes: MOST_LISTED,
    });
    return hasPrintf ? decodePrintf(splitNames(answer, path), path) : decodeStat(answer, path);
  }

  /** One file. */
  async stat(path: string, act: Act & { readonly follows: boolean }): Promise<Entry> {
    const [entry] = await this.list(path, { ...act, least: 0, most: 0, links: act.follows ? '-L' : '-P' });
    if (entry === undefined) throw answerInvalid(path, 'is empty');
    return entry;
  }

  /** The same, and undefined where there is nothing. */
  async statIfThere(path: string, act: Act & { readonly follows: boolean }): Promise<Entry | undefined> {
    try {
      return await this.stat(path, act);
    } catch (error) {
      if (isFault(error, 'GUEST_FILE_NOT_FOUND')) return undefined;
      throw error;
    }
  }

  /** Of the file's first `bytes`, or of all of it, by a program of the guest. */
  async digestOf(
    path: string,
    algorithm: Digest['algorithm'],
    act: Act & { bytes?: number },
  ): Promise<Digest> {
    const { program } = algorithm === B2SUM.algorithm ? B2SUM : SHA256SUM;
    const { user, signal, bytes } = act;
    const words = [program, path, bytes === undefined ? '' : String(bytes)];
    const answer = await this.runner.run({
      script: DIGEST,
      arguments: words,
      act: 'read',
      path,
      user,
      signal,
    });
    const hex = /^([0-9a-f]{64,128}) /.exec(answer.toString('latin1'))?.[1];
    if (hex === undefined) throw answerInvalid(path, 'is no digest');
    return { algorithm, hex };
  }

  /** A digest program that the guest has. */
  async digestProgram(path: string): Promise<DigestProgram> {
    const { digest } = await this.tools();
    if (digest !== undefined) return digest;
    throw new Fault(
      'unsupported',
      'GUEST_FILE_NO_DIGEST',
      `The guest has no b2sum and no sha256sum to check ${path} with`,
      {
        hint: 'Install coreutils or busybox there, or copy with --no-verify.',
      },
    );
  }

  /** Removes temporaries of ours after `trouble`; what could not be removed is told. */
  async sweep(paths: readonly string[], trouble: unknown, user: string | undefined): Promise<void> {
    const [path = ''] = paths;
    try {
      await this.runner.run({ script: SWEEP, arguments: paths, act: 'remove', path, user });
    } catch (error) {
      // Whoever may neither make a file there nor remove one has left none.
      if (isFault(trouble, 'GUEST_FILE_DENIED') && isFault(error, 'GUEST_FILE_DENIED')) return;
      const why = trouble instanceof Error ? trouble.message : String(trouble);
      throw new Fault('unavailable', 'GUEST_FILE_LEFT', `${why}; ${path} is left in the guest`, {
        cause: new AggregateError([trouble, error]),
        hint: 'Remove it when the guest can be reached again; nothing else was changed.',
      });
    }
  }

  async openRead(
    path: string,
    request: Act & { offset?: number; withDigest: boolean },
  ): Promise<GuestSource> {
    if (isText(path)) return await this.road.openRead(path, request);
    const { user, signal, offset = 0 } = request;
    const { size } = await this.stat(path, { user, signal, follows: true });
    const call = { script: READ, arguments: [path, String(offset)], act: 'read', path, user, signal };
    const process = await this.runner.start(call);
    return this.#sourceOf(process, call, { size, withDigest: request.withDigest });
  }

  #sourceOf(
    process: GuestProcess,
    call: ScriptCall,
    about: { size: number; withDigest: boolean },
  ): GuestSource {
    const hash = createHash('sha256');
    const stream = new PassThrough();
    const digest = Promise.withResolvers<Digest>();
    digest.promise.catch(() => undefined); // the stream tells it too
    const ended = this.runner.end(process);
    const read = async () => {
      await pipeline(
        process.stdout,
        async function* (pieces: AsyncIterable<Buffer>) {
          for await (const piece of pieces) {
            hash.update(piece);
            yield piece;
          }
          const { exitCode, status, complaint } = await ended;
          if (exitCode !== 0) throw statusFault(exitCode, { ...call, status, complaint });
        },
        stream,
      );
      // What came is hashed here: there is no second reading of a file that may have grown.
      digest.resolve({ algorithm: 'sha256', hex: hash.digest('hex') });
    };
    read().catch((error: unknown) => digest.reject(error));
    if (!about.withDigest) digest.reject(new Error('no digest was asked for'));
    return {
      via: process.via,
      size: about.size,
      stream,
      digest: digest.promise,
      [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
    };
  }

  /** A new file of mode 0600, or one of ours to be continued. */
  async openWrite(path: string, request: Act & { offset: number; withDigest: boolean }): Promise<GuestSink> {
    const { offset, ...rest } = request;
    if (isText(path)) {
      const how = offset === 0 ? 'new' : 'at';
      return await this.road.openWrite(path, { ...rest, mode: 0o600, how, offset });
    }
    const { user, signal } = request;
    const words = [path, '600', offset === 0 ? 'new' : 'at'];
    const call = { script: WRITE, arguments: words, act: 'write', path, user, signal };
    return this.#sinkOf(await this.runner.start(call, true), call, request.withDigest);
  }

  #sinkOf(process: GuestProcess, call: ScriptCall, withDigest: boolean): GuestSink {
    let bytes = 0;
    const hash: Hash = createHash('sha256');
    const stream: Writable & Readable = new PassThrough();
    const ended = this.runner.end(process);
    process.stdout.resume();
    const write = async () => {
      const counted = async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          bytes += piece.length;
          hash.update(piece);
          yield piece;
        }
      };
      const broken = await pipeline(stream, counted, process.stdin).then(
        () => undefined,
        (error: unknown) => error,
      );
      const { exitCode, status, complaint } = await ended;
      if (exitCode !== 0) throw statusFault(exitCode, { ...call, status, complaint });
      if (broken !== undefined) throw broken;
      const read = withDigest ? await this.digestOf(call.path, 'sha256', call) : undefined;
      return { bytes, digest: read };
    };
    const finished = write();
    finished.catch(() => undefined); // who waits for it is told
    return {
      via: process.via,
      stream,
      finished,
      [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
    };
  }
}
