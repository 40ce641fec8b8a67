// The real server of the lanes, run on this host on a unix socket of its own.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errnoCode } from '../../src/base/index.ts';

const FOLDER = join(import.meta.dirname, '../../native/lane');
const PROGRAM = join(FOLDER, 'build/novalet-lane');

export class LaneProgram implements AsyncDisposable {
  readonly path: string;
  readonly child: ChildProcess;
  readonly #folder: string;

  /** Resolves when it listens. */
  static async start(): Promise<LaneProgram> {
    if (!existsSync(PROGRAM)) execFileSync('make', ['-s', '-C', FOLDER], { timeout: 120_000 });
    const folder = await mkdtemp(join(tmpdir(), 'novalet-lane-'));
    const path = join(folder, 'lane.sock');
    const { promise, resolve } = Promise.withResolvers<void>();
    const watcher = watch(folder, () => {
      if (existsSync(path)) resolve();
    });
    const child = spawn(PROGRAM, ['listen', path], { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', () => resolve()); // the connection then fails with the reason
    child.once('exit', () => resolve());
    await promise;
    watcher.close();
    return new LaneProgram(child, folder, path);
  }

  private constructor(child: ChildProcess, folder: string, path: string) {
    this.child = child;
    this.#folder = folder;
    this.path = path;
  }

  /** A connection to it. It may have its socket, and not listen on it yet. */
  async connect(): Promise<Socket> {
    for (const from = performance.now(); ; ) {
      const socket = connect({ path: this.path });
      try {
        await once(socket, 'connect');
        return socket;
      } catch (error) {
        if (errnoCode(error) !== 'ECONNREFUSED' || performance.now() - from > 5000) throw error;
      }
    }
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasEnded) {
      const exit = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await exit;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
