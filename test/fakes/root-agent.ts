// The real qemu-ga on a unix socket of this host, as root, with a log of its own: what it runs must be harmless.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

const QEMU_GA = '/usr/sbin/qemu-ga';

export interface RootAgentOptions {
  /** A shell that stands at /bin/sh for it, in a mount namespace of its own with an empty /run. */
  readonly shell?: string;
  readonly path?: string;
}

export class RootAgent implements AsyncDisposable {
  /** Leads to the socket of the agent that runs: as with a guest's, which is QEMU's, it is there while the agent is not. */
  readonly socket: string;
  readonly #folder: string;
  readonly #options: RootAgentOptions;
  #starts = 0;
  #child: ChildProcess;

  static async start(options: RootAgentOptions = {}): Promise<RootAgent> {
    const folder = await mkdtemp(join(tmpdir(), 'novalet-root-agent-'));
    const agent = new RootAgent(folder, options);
    await agent.#listening();
    return agent;
  }

  private constructor(folder: string, options: RootAgentOptions) {
    this.#folder = folder;
    this.#options = options;
    this.socket = join(folder, 'agent.sock');
    this.#child = this.#spawn();
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Everything that it was asked, as it would stand in a guest's journal. */
  async log(): Promise<string> {
    return await readFile(join(this.#folder, 'log'), 'utf8');
  }

  /** As when the service crashes and comes back. What it had started lives on. */
  async restart(): Promise<void> {
    await this.#kill();
    this.#child = this.#spawn();
    await this.#listening();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  #spawn(): ChildProcess {
    const { shell, path = process.env['PATH'] ?? '' } = this.#options;
    const folder = this.#folder;
    this.#starts += 1;
    const ga = [QEMU_GA, '-m', 'unix-listen', '-p', this.#ownSocket, '-t', folder, '-f', join(folder, 'pid')];
    const words = [...ga, '-v', '-l', join(folder, 'log')];
    const env = { PATH: process.env['PATH'] ?? '' };
    if (shell === undefined) return spawn(QEMU_GA, words.slice(1), { cwd: '/', stdio: 'ignore', env });
    const script =
      'mount --bind "$1" "$(readlink -f /bin/sh)" && mount -t tmpfs tmpfs /run || exit 1; PATH=$2; shift 2; exec "$@"';
    const inside = ['-m', '/bin/bash', '-c', script, 'novalet-test', shell, path, ...words];
    return spawn('unshare', inside, { cwd: '/', stdio: 'ignore', env });
  }

  /** Of the one that was started last. */
  get #ownSocket(): string {
    return join(this.#folder, `agent-${this.#starts}.sock`);
  }

  async #listening(): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (!(await canConnect(this.#ownSocket))) {
      if (performance.now() > deadline) throw new Error(`qemu-ga does not listen on ${this.#ownSocket}`);
      await turn();
    }
    await symlink(this.#ownSocket, `${this.socket}.new`);
    await rename(`${this.socket}.new`, this.socket);
  }
}

async function canConnect(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ path });
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  const result = await promise;
  socket.destroy();
  return result;
}
