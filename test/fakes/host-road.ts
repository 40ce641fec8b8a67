// A road into this very host: real processes and real files, no fake answer. With `busybox`, everything runs under
// busybox's applets, as in a guest that has nothing else.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  fstatSync,
  ftruncateSync,
  openSync,
} from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, pipeline, Transform, Writable } from 'node:stream';
import { errnoCode, Fault, type Secret } from '../../src/base/index.ts';
import type {
  GuestProcess,
  GuestSink,
  GuestSource,
  ReadRequest,
  Road,
  SignalName,
  SpawnRequest,
  WriteRequest,
} from '../../src/guest/index.ts';

const BUSYBOX = '/usr/bin/busybox';

export type Flavour = 'gnu' | 'busybox';

interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

export class HostRoad implements Road, AsyncDisposable {
  readonly via = 'lane';
  readonly #path: string;
  readonly #applets: string | undefined;
  /** Programs that were started. */
  spawned = 0;

  static async open(flavour: Flavour): Promise<HostRoad> {
    if (flavour === 'gnu') return new HostRoad('/usr/sbin:/usr/bin:/sbin:/bin', undefined);
    const folder = await mkdtemp(join(tmpdir(), 'novalet-applets-'));
    spawnSync('chmod', ['755', folder]);
    const { stdout } = spawnSync(BUSYBOX, ['--list'], { encoding: 'utf8' });
    for (const applet of stdout.trim().split('\n')) await symlink(BUSYBOX, join(folder, applet));
    return new HostRoad(folder, folder);
  }

  private constructor(path: string, applets: string | undefined) {
    this.#path = path;
    this.#applets = applets;
  }

  async spawn(request: SpawnRequest): Promise<GuestProcess> {
    this.spawned += 1;
    const [program = '', ...words] = request.argv;
    const who = identity(request.user);
    const env: NodeJS.ProcessEnv = { PATH: this.#path, HOME: who.home };
    for (const [name, value] of Object.entries(request.env ?? {})) env[name] = plain(value);
    const path = this.#applets !== undefined && program === '/bin/sh' ? join(this.#applets, 'sh') : program;
    const child = spawn(path, words, {
      env,
      cwd: request.cwd ?? '/',
      uid: who.uid,
      gid: who.gid,
      detached: true,
      stdio: [request.stdin === true ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    return await started(child);
  }

  async openRead(path: string, request: ReadRequest = {}): Promise<GuestSource> {
    const descriptor = openAs(path, constants.O_RDONLY | constants.O_NONBLOCK, 0, request.user);
    const { size } = fstatSync(descriptor);
    const digest = Promise.withResolvers<{ algorithm: 'blake2b512'; hex: string }>();
    digest.promise.catch(() => undefined);
    const hash = createHash('blake2b512');
    const hashing = hashed(request.withDigest === true ? hash : undefined);
    const file = createReadStream('', { fd: descriptor, start: request.offset ?? 0 });
    pipeline(file, hashing, (error) => {
      if (error) digest.reject(error);
      else digest.resolve({ algorithm: 'blake2b512', hex: hash.digest('hex') });
    });
    return {
      via: 'lane',
      size,
      stream: hashing,
      digest: digest.promise,
      [Symbol.asyncDispose]: async () => void hashing.destroy(),
    };
  }

  async openWrite(path: string, request: WriteRequest): Promise<GuestSink> {
    const how = { new: constants.O_EXCL, truncate: constants.O_TRUNC, at: 0 }[request.how];
    const descriptor = openAs(path, constants.O_WRONLY | constants.O_CREAT | how, request.mode, request.user);
    if (request.how === 'at') ftruncateSync(descriptor, request.offset ?? 0);
    const hash = createHash('blake2b512');
    const input = hashed(request.withDigest === true ? hash : undefined);
    const file = createWriteStream('', { fd: descriptor, flush: true, start: request.offset ?? 0 });
    const finished = Promise.withResolvers<Awaited<GuestSink['finished']>>();
    finished.promise.catch(() => undefined);
    file.on('error', () => undefined); // each write tells its own
    const told = (error: Error | null | undefined) =>
      errnoCode(error) === 'ENOSPC' ? fullFault(path, error) : error;
    const disk = new Writable({
      write: (piece, _encoding, done) => void file.write(piece, (error) => done(told(error))),
      final: (done) => void file.end((error?: Error | null) => done(told(error))),
      destroy: (error, done) => void file.destroy().once('close', () => done(error)),
    });
    pipeline(input, disk, (error) => {
      if (error) {
        finished.reject(error);
        return;
      }
      const digest =
        request.withDigest === true
          ? { algorithm: 'blake2b512' as const, hex: hash.digest('hex') }
          : undefined;
      finished.resolve({ bytes: file.bytesWritten, digest });
    });
    return {
      via: 'lane',
      stream: input,
      finished: finished.promise,
      [Symbol.asyncDispose]: async () => {
        input.destroy();
        if (!file.closed) await new Promise<void>((resolve) => file.once('close', () => resolve()));
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#applets !== undefined) await rm(this.#applets, { recursive: true });
  }
}

async function started(child: ChildProcess): Promise<GuestProcess> {
  const ended = Promise.withResolvers<Awaited<GuestProcess['ended']>>();
  child.once('exit', (exitCode, signal) => ended.resolve({ exitCode, signal: signal as SignalName | null }));
  await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error))]);
  const { pid = 0, stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('no pipes');
  const kill = async () => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if (errnoCode(error) !== 'ESRCH') throw error;
    }
  };
  return {
    via: 'lane',
    pid,
    stdin: child.stdin ?? new PassThrough().end(),
    stdout,
    stderr,
    ended: ended.promise,
    signal: async (name) => void process.kill(-pid, name),
    kill,
    resize: async () => undefined,
    [Symbol.asyncDispose]: kill,
  };
}

/** As another user: the kernel judges, for this thread's ids are changed around one synchronous call. */
function openAs(path: string, flags: number, mode: number, user: string | undefined): number {
  const who = identity(user);
  const umask = process.umask(0);
  process.setegid?.(who.gid);
  process.seteuid?.(who.uid);
  try {
    const descriptor = openSync(path, flags, mode);
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
    throw new Fault('refused', 'GUEST_FILE_REFUSED', `${path} is no regular file`);
  } catch (error) {
    throw openFault(path, error);
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.umask(umask);
  }
}

function openFault(path: string, error: unknown): unknown {
  switch (errnoCode(error)) {
    case 'ENOENT':
      return new Fault('not-found', 'GUEST_FILE_NOT_FOUND', `There is no ${path}`, { cause: error });
    case 'EACCES':
      return new Fault('denied', 'GUEST_FILE_DENIED', `${path} may not be opened`, { cause: error });
    case 'ENOSPC':
      return fullFault(path, error);
    default:
      return error instanceof Fault
        ? error
        : new Fault('refused', 'GUEST_FILE_REFUSED', `${path} cannot be opened`, { cause: error });
  }
}

function fullFault(path: string, cause: unknown): Fault {
  return new Fault('exhausted', 'GUEST_DISK_FULL', `No room for ${path}`, { cause });
}

function hashed(hash: Hash | undefined): Transform {
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      hash?.update(piece);
      done(null, piece);
    },
  });
}

function plain(value: string | Secret): string {
  return typeof value === 'string' ? value : value.reveal();
}

function identity(user: string | undefined): Identity {
  if (user === undefined) return { uid: 0, gid: 0, home: '/root' };
  const { stdout } = spawnSync('getent', ['passwd', user], { encoding: 'utf8' });
  const [, , uid = '', gid = '', , home = '/'] = stdout.trim().split(':');
  if (uid === '') throw new Fault('not-found', 'EXEC_USER_UNKNOWN', `No user ${user}`);
  return { uid: Number(uid), gid: Number(gid), home };
}
