// The SFTP server compiled with sanitizers, a home for it, and clients: stock sftp, and one that speaks packets.
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type CommandResult, runCommand } from '../support/run-command.ts';
import {
  type Attributes,
  FXP,
  INIT,
  packet,
  Replies,
  type Reply,
  type Request,
  takeAttributes,
  text,
} from './sftp-wire.ts';

const PACKAGE = join(import.meta.dirname, '..', '..', '..');
const STOCK_SERVER = '/usr/lib/openssh/sftp-server';
const COMPLAINT = /Sanitizer|runtime error/;
const SANITIZED = { ASAN_OPTIONS: 'detect_leaks=1:exitcode=99', UBSAN_OPTIONS: 'print_stacktrace=1' };

export interface StartOptions {
  readonly readOnly?: boolean;
  /** OpenSSH's server in place of ours, to compare with. */
  readonly stock?: boolean;
  /** Its user and group; this process's where left out. */
  readonly account?: number;
  readonly home?: string;
  /** HOME says a directory that is none. */
  readonly lostHome?: boolean;
}

export class SftpWorld implements AsyncDisposable {
  readonly folder: string;
  readonly program: string;
  /** Where servers begin. Empty at first. */
  readonly home: string;
  readonly #servers = new Set<Server>();

  private constructor(folder: string) {
    this.folder = folder;
    this.program = join(folder, 'lane-sftp');
    this.home = join(folder, 'home');
  }

  static async make(): Promise<SftpWorld> {
    const world = new SftpWorld(await mkdtemp('/var/tmp/nvt-sftp-'));
    await chmod(world.folder, 0o711); // servers of other users pass through
    await mkdir(world.home);
    const flags = [
      '-std=c11',
      '-O1',
      '-g',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-I',
      join(PACKAGE, 'native/lane'),
    ];
    const sources = [
      ...globSync(join(PACKAGE, 'native/lane/sftp*.c')),
      join(PACKAGE, 'test/native/lane-sftp-main.c'),
    ];
    const sanitize = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer'];
    const built = await runCommand('gcc', [...flags, ...sanitize, '-o', world.program, ...sources]);
    assert.equal(built.status, 0, built.stderr);
    return world;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.kill('SIGKILL'); // those of tests that failed
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A server that waits for packets; greeted already. */
  start(options: StartOptions = {}): SftpClient {
    const client = this.startSilent(options);
    client.send(INIT);
    return client;
  }

  /** A server that has heard nothing yet. */
  startSilent(options: StartOptions = {}): SftpClient {
    const { readOnly = false, stock = false, account, home = this.home, lostHome = false } = options;
    const child = spawn(stock ? STOCK_SERVER : this.program, readOnly && !stock ? ['--read-only'] : [], {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: home,
      env: { HOME: lostHome ? '/nowhere' : home, TZ: 'UTC', ...SANITIZED },
      ...(account === undefined ? {} : { uid: account, gid: account }),
    });
    this.#servers.add(child);
    child.once('close', () => this.#servers.delete(child));
    return new SftpClient(child);
  }

  /** A program that is a server with this home, for clients that start theirs; it tells at its end what that ended with. */
  async serverCommand(home: string): Promise<string> {
    const command = join(this.folder, `server-${basename(home)}`);
    const env = Object.entries({ HOME: home, TZ: 'UTC', ...SANITIZED });
    const lines = [
      '#!/bin/sh',
      `cd '${home}' || exit`,
      ...env.map(([name, value]) => `export ${name}='${value}'`),
      `'${this.program}'`,
      'echo "server ended with $?" >&2',
    ];
    await writeFile(command, `${lines.join('\n')}\n`, { mode: 0o755 });
    return command;
  }

  /** Runs stock sftp over a server, from a directory; the commands stop at the first that fails, but for those behind a `-`. */
  async sftp(directory: string, commands: readonly string[], readOnly = false): Promise<CommandResult> {
    const server = readOnly ? `${this.program} --read-only` : this.program;
    const result = await runCommand('sftp', ['-q', '-b', '-', '-D', server], {
      cwd: directory,
      stdin: `${commands.join('\n')}\n`,
      env: { PATH: '/usr/bin:/bin', HOME: this.home, ...SANITIZED },
    });
    assert.doesNotMatch(result.stderr, COMPLAINT);
    return result;
  }
}

type Server = ChildProcessByStdio<Writable, Readable, Readable>;

/** Speaks packets to one server. Replies come in the order of the requests, and that is how they are waited for. */
export class SftpClient {
  readonly #server: Server;
  readonly #replies = new Replies();
  readonly #waiting: Reply[] = [];
  readonly #ended: Promise<number | null>;
  #errors = '';
  #nextId = 1;
  #wake: () => void = () => undefined;
  #isOver = false;

  constructor(server: Server) {
    this.#server = server;
    server.stdin.on('error', () => undefined); // it may end before it has read all; its status tells
    server.stderr.on('data', (bytes: Buffer) => {
      this.#errors += bytes.toString('latin1');
    });
    server.stdout.on('data', (bytes: Buffer) => {
      this.#waiting.push(...this.#replies.feed(bytes));
      this.#wake();
    });
    this.#ended = new Promise((resolve, reject) => {
      server.once('error', reject);
      server.once('close', (status) => {
        this.#isOver = true;
        this.#wake();
        resolve(status);
      });
    });
  }

  send(...bytes: readonly Buffer[]): void {
    this.#server.stdin.write(Buffer.concat(bytes));
  }

  /** The next reply, whosever it is. */
  async reply(): Promise<Reply> {
    for (;;) {
      const reply = this.#waiting.shift();
      if (reply !== undefined) return reply;
      assert.ok(!this.#isOver, `the server ended: ${this.#errors}`);
      await this.#news();
    }
  }

  /** Something came or the server ended; fails when neither is so in 20 seconds. */
  async #news(): Promise<void> {
    const limit = setTimeout(() => this.#server.kill('SIGKILL'), 20_000);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    clearTimeout(limit);
  }

  /** Sends requests at once and gives their replies. A greeting that waits is passed over. */
  async ask(...requests: readonly Request[]): Promise<Reply[]> {
    const first = this.#nextId;
    this.#nextId += requests.length;
    this.send(...requests.map(({ type, fields }, i) => packet(type, first + i, ...fields)));
    const replies: Reply[] = [];
    while (replies.length < requests.length) {
      const reply = await this.reply();
      if (reply.type === FXP.VERSION) continue;
      assert.equal(reply.id, first + replies.length, 'the replies are not in the order of the requests');
      replies.push(reply);
    }
    return replies;
  }

  async one(request: Request): Promise<Reply> {
    const [reply] = await this.ask(request);
    assert.ok(reply !== undefined);
    return reply;
  }

  /** The number in a STATUS. */
  async status(request: Request): Promise<number> {
    const reply = await this.one(request);
    assert.equal(reply.type, FXP.STATUS);
    return reply.fields.u32();
  }

  /** What a HANDLE holds, as a field for further requests. */
  async handle(request: Request): Promise<Buffer> {
    const reply = await this.one(request);
    assert.equal(reply.type, FXP.HANDLE);
    return text(reply.fields.bytes());
  }

  async attributes(request: Request): Promise<Attributes> {
    const reply = await this.one(request);
    assert.equal(reply.type, FXP.ATTRS);
    const found = takeAttributes(reply.fields);
    assert.ok(found !== undefined && reply.fields.isAtEnd());
    return found;
  }

  /** Ends the server, demands its status, and gives what it had still said. */
  async finish(status = 0): Promise<Reply[]> {
    const ended = await this.end();
    assert.equal(ended.status, status);
    return ended.replies;
  }

  /** Sends no more, and gives what it ended with and what it had still said. Killed when it does not end. */
  async end(): Promise<{ status: number | null; replies: Reply[] }> {
    this.#server.stdin.end();
    const limit = setTimeout(() => this.#server.kill('SIGKILL'), 30_000);
    const status = await this.#ended;
    clearTimeout(limit);
    assert.doesNotMatch(this.#errors, COMPLAINT);
    assert.ok(this.#replies.isBetweenReplies(), 'the server ended within a reply');
    return { status, replies: this.#waiting.splice(0) };
  }

  /** The server's own streams, for a program that speaks the protocol itself. */
  get streams(): { readonly input: Writable; readonly output: Readable } {
    return { input: this.#server.stdin, output: this.#server.stdout };
  }
}

/** All below a directory, one line each: kind, permissions, owner, size, content. The times on demand. */
export async function treeOf(directory: string, withTimes = false): Promise<string[]> {
  const names = (await readdir(directory, { recursive: true })).sort();
  return await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      const found = await lstat(path);
      const facts = [name, found.mode.toString(8), found.uid, found.gid];
      if (withTimes && !found.isDirectory()) facts.push(Math.floor(found.mtimeMs / 1000));
      if (found.isFile())
        facts.push(
          createHash('sha256')
            .update(await readFile(path))
            .digest('hex'),
        );
      if (found.isSymbolicLink()) facts.push(await readlink(path));
      return facts.join(' ');
    }),
  );
}
