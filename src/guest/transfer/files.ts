// The guest's files: all that can be done with them over a road, for the library and the command line.
// Paths are strings as guest-path.ts has them; a relative one begins in the home of the user it is done as.
import { stat as statHost } from 'node:fs/promises';
import { Readable, type Writable } from 'node:stream';
import { Fault } from '../../base/index.ts';
import type { Road, Via } from '../road.ts';
import type { CopyOptions, CopyReport } from './copy-options.ts';
import type { Entry } from './entries.ts';
import { type TailOptions, tailOf } from './follow.ts';
import { getFile, getStream } from './get-file.ts';
import { getTree } from './get-tree.ts';
import { baseName, checkedPath, meansContent } from './guest-path.ts';
import { type Act, GuestSide } from './guest-side.ts';
import { hostRefused, onHost } from './host-faults.ts';
import { hostBytes } from './host-side.ts';
import { ownerWord } from './owner-word.ts';
import { hostSource, type PutSource, putFile } from './put-file.ts';
import { putTree } from './put-tree.ts';
import { answerInvalid, changed, refused } from './script-faults.ts';
import { asBytes, cancelled } from './script-runner.ts';
import { CHANGE, GLOB, IDENTITY, MAKE_DIRECTORY, REMOVE, RENAME, SYMLINK } from './scripts.ts';
import { type SyncDirection, type SyncOptions, type SyncReport, syncIn, syncOut } from './sync.ts';

export interface WriteOptions extends Act {
  /** Default: of the file that is replaced; 0644 of a new one. */
  readonly mode?: number | undefined;
  readonly owner?: string | undefined;
  /** There must be nothing yet. */
  readonly isNew?: boolean | undefined;
  /** Default true. */
  readonly verify?: boolean | undefined;
}

const READ_LIMIT = 16 * 1024 * 1024;
const MOST_MATCHES = 10_000;
const MOST_MATCH_BYTES = 16 * 1024 * 1024;

export class Files {
  readonly #side: GuestSide;

  constructor(road: Road) {
    this.#side = new GuestSide(road);
  }

  get via(): Via {
    return this.#side.road.via;
  }

  /** What is there; a link itself unless it is to be followed. Throws `GUEST_FILE_NOT_FOUND`, `GUEST_FILE_DENIED`. */
  async stat(path: string, options: Act & { readonly follow?: boolean } = {}): Promise<Entry> {
    const whole = await this.#side.absolute(path, options);
    const entry = await this.#side.stat(whole, { ...options, follows: options.follow === true });
    return { ...entry, name: baseName(whole) || '/' };
  }

  async exists(path: string, options: Act = {}): Promise<boolean> {
    const whole = await this.#side.absolute(path, options);
    return (await this.#side.statIfThere(whole, { ...options, follows: false })) !== undefined;
  }

  /** What a directory holds, sorted by bytes of names. */
  async list(path: string, options: Act = {}): Promise<Entry[]> {
    const whole = await this.#side.absolute(path, options);
    const entries = await this.#side.list(whole, { ...options, least: 1, most: 1, links: '-H' });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The paths that a shell's pattern (`*`, `?`, `[…]`) stands for in the guest. */
  async glob(
    pattern: string,
    { user, signal, most = MOST_MATCHES }: Act & { readonly most?: number } = {},
  ): Promise<string[]> {
    const path = await this.#side.absolute(pattern, { user });
    return await this.#side.runner.words({
      script: GLOB,
      arguments: [path, String(most)],
      act: 'look for',
      path,
      user,
      signal,
      maxBytes: MOST_MATCH_BYTES,
    });
  }

  async makeDirectory(
    path: string,
    options: Act & { readonly parents?: boolean; readonly mode?: number } = {},
  ): Promise<void> {
    const mode = options.mode === undefined ? '' : options.mode.toString(8);
    await this.#act('make', MAKE_DIRECTORY, [path, mode, options.parents === true ? 'parents' : ''], options);
  }

  /** Never the root, and a directory only with `recursive`. `force`: nothing there is no fault. */
  async remove(
    path: string,
    options: Act & { readonly recursive?: boolean; readonly force?: boolean } = {},
  ): Promise<void> {
    const { recursive = false, force = false } = options;
    const whole = await this.#side.absolute(path, options);
    if (
      whole.split('/').every((part) => part === '' || part === '.' || part === '..') ||
      /(?:^|\/)\.{1,2}$/.test(whole)
    ) {
      throw refused(`${path} is not removed: it is the root of the guest, or does not name what it means`);
    }
    await this.#act('remove', REMOVE, [whole, recursive ? 'recursive' : '', force ? 'force' : ''], options);
  }

  /** Within one file system at once; refuses to replace unless told to. */
  async rename(from: string, to: string, options: Act & { readonly replace?: boolean } = {}): Promise<void> {
    const target = await this.#side.absolute(to, options);
    await this.#act('rename', RENAME, [from, target, options.replace === true ? 'replace' : ''], options);
  }

  /** Makes a link at `path` that says `target`, as it is given. */
  async symlink(target: string, path: string, options: Act = {}): Promise<void> {
    checkedPath(target);
    const whole = await this.#side.absolute(path, options);
    const { user, signal } = options;
    const call = { script: SYMLINK, arguments: [target, whole], act: 'make', path: whole, user, signal };
    await this.#side.runner.run(call);
  }

  async chmod(path: string, mode: number, options: Act = {}): Promise<void> {
    await this.#change(path, mode.toString(8), '', options);
  }

  /** `USER`, `USER:GROUP` or numbers; of a link itself. */
  async chown(path: string, owner: string, options: Act = {}): Promise<void> {
    await this.#change(path, '', ownerWord(owner), options);
  }

  /** A file's bytes as they come; verified at the end, where the stream then fails. */
  read(path: string, options: Act & { readonly verify?: boolean } = {}): Readable {
    return Readable.from(this.#reading(path, options), { objectMode: false });
  }

  async *#reading(
    path: string,
    { user, signal, verify }: Act & { readonly verify?: boolean },
  ): AsyncGenerator<Buffer> {
    const { PassThrough } = await import('node:stream');
    const whole = await this.#side.absolute(path, { user });
    const through = new PassThrough();
    const copied = getStream(this.#side, whole, through, { user, signal, verify });
    copied.catch((error: unknown) =>
      through.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    try {
      for await (const piece of through) yield asBytes(piece);
      await copied;
    } finally {
      through.destroy();
    }
  }

  /** All of a file that is not larger than the limit (default 16 MiB). Throws `GUEST_FILE_TOO_LARGE`. */
  async readBytes(path: string, options: Act & { readonly maxBytes?: number } = {}): Promise<Buffer> {
    const { maxBytes = READ_LIMIT } = options;
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of this.read(path, options)) {
      const bytes = asBytes(piece);
      length += bytes.length;
      if (length > maxBytes) throw tooLarge(path, maxBytes);
      pieces.push(bytes);
    }
    return Buffer.concat(pieces);
  }

  async readText(path: string, options: Act & { readonly maxBytes?: number } = {}): Promise<string> {
    return (await this.readBytes(path, options)).toString('utf8');
  }

  /** Replaces a file's content at once, or makes it: nobody ever sees a part of it. */
  async write(
    path: string,
    content: Readable | Uint8Array | string,
    options: WriteOptions = {},
  ): Promise<CopyReport> {
    const keepsOwner = options.owner === undefined;
    return await putFile(this.#side, sourceOf(content), path, { ...options, preserve: false, keepsOwner });
  }

  /**
   * Gives a file's content to `change`, and writes back what that returns; undefined, or the same again, writes nothing. Throws
   * `GUEST_FILE_CHANGED` when the file was changed in the guest meanwhile, with nothing written. True when it was written.
   */
  async update(
    path: string,
    change: (content: Buffer) => Promise<Uint8Array | undefined>,
    options: Act & { readonly maxBytes?: number } = {},
  ): Promise<boolean> {
    const whole = await this.#side.absolute(path, options);
    const before = await this.#identity(whole, options);
    const content = await this.readBytes(whole, options);
    if ((await this.#identity(whole, options)) !== before) throw changed(whole);
    const now = await change(content);
    if (now === undefined || content.equals(now)) return false;
    const { user, signal } = options;
    const source = sourceOf(now);
    await putFile(this.#side, source, whole, {
      user,
      signal,
      preserve: false,
      keepsOwner: true,
      expected: before,
    });
    return true;
  }

  /** Into the guest: a file, a directory with `recursive`, or a stream. The target is meant as cp means it. */
  async copyIn(source: string | Readable, target: string, options: CopyOptions = {}): Promise<CopyReport> {
    if (typeof source !== 'string') return await putFile(this.#side, sourceOf(source), target, options);
    const name = baseName(source);
    const found = await onHost(source, async () => await statHost(hostBytes(source)));
    if (!found.isDirectory())
      return await putFile(this.#side, await hostSource(source, name), target, options);
    if (options.recursive !== true) throw hostRefused(`${source} is a directory`, 'Copy it with -r.');
    const { resolve } = await import('node:path');
    const known = meansContent(source) || name !== '' ? name : baseName(resolve(source));
    return await putTree(this.#side, { path: source, name: known }, target, options);
  }

  /** Out of the guest: a file, a directory with `recursive`; to a path or a stream, which stays open with `keepsOpen`. */
  async copyOut(
    source: string,
    target: string | Writable,
    options: CopyOptions & { readonly keepsOpen?: boolean } = {},
  ): Promise<CopyReport> {
    const whole = await this.#side.absolute(source, options);
    if (typeof target !== 'string') return await getStream(this.#side, whole, target, options);
    const { user, signal } = options;
    const entry = await this.#side.stat(whole, { user, signal, follows: true });
    if (entry.kind !== 'directory') return await getFile(this.#side, whole, target, options);
    if (options.recursive !== true) throw refused(`${whole} is a directory in the guest: copy it with -r`);
    return await getTree(this.#side, meansContent(source) ? `${whole}/.` : whole, target, options);
  }

  /** Makes the target directory like the source, sending only what differs. */
  async sync(
    direction: SyncDirection,
    source: string,
    target: string,
    options: SyncOptions = {},
  ): Promise<SyncReport> {
    const run = direction === 'in' ? syncIn : syncOut;
    try {
      return await run(this.#side, source, target, options);
    } catch (error) {
      throw options.signal?.aborted ? cancelled(options.signal) : error;
    }
  }

  /** The last lines or bytes of a file, and with `follow` what is added, until the signal fires or the loop is left. */
  tail(path: string, options: TailOptions = {}): AsyncIterable<Buffer> {
    return tailOf(this.#side, path, options);
  }

  async #identity(path: string, { user, signal }: Act): Promise<string> {
    const call = { script: IDENTITY, arguments: [path], act: 'read', path, user, signal };
    const text = (await this.#side.runner.run(call)).toString('latin1');
    if (!/^\d+ \d+ [ -~]+\n$/.test(text)) throw answerInvalid(path, 'is no version of it');
    return text.slice(0, -1);
  }

  async #change(path: string, mode: string, owner: string, options: Act): Promise<void> {
    const whole = await this.#side.absolute(path, options);
    const { user, signal } = options;
    const call = {
      script: CHANGE,
      arguments: [mode, owner, whole],
      act: 'change',
      path: whole,
      user,
      signal,
    };
    await this.#side.runner.run(call);
  }

  /** Runs a script whose first word is the path. */
  async #act(act: string, script: string, words: readonly string[], { user, signal }: Act): Promise<void> {
    const [first = '', ...rest] = words;
    const path = await this.#side.absolute(first, { user });
    await this.#side.runner.run({ script, arguments: [path, ...rest], act, path, user, signal });
  }
}

function sourceOf(content: Readable | Uint8Array | string): PutSource {
  if (content instanceof Readable) return { name: '', open: () => content };
  const bytes = Buffer.from(content);
  return { name: '', open: () => Readable.from([bytes], { objectMode: false }), size: bytes.length };
}

function tooLarge(path: string, maxBytes: number): Fault {
  return new Fault(
    'exhausted',
    'GUEST_FILE_TOO_LARGE',
    `${path} in the guest has more than ${maxBytes} bytes`,
    {
      hint: 'Raise the limit, or copy it to a file.',
      details: { maxBytes },
    },
  );
}
