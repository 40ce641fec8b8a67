// `novalet serve --metadata` as a process of its own over a world's guests.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { metadataTable } from '../../../src/network/index.ts';
import { runCommand } from '../support/run-command.ts';
import { PACKAGE, type World } from '../support/world.ts';

export class Serving implements AsyncDisposable {
  readonly #server: ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(server: ChildProcess) {
    this.#server = server;
    let rest = '';
    server.stderr?.on('data', (piece: Buffer) => {
      const [last = '', ...lines] = (rest + piece.toString()).split('\n').toReversed();
      rest = last;
      this.#lines.push(...lines.toReversed());
      for (const look of this.#waiting) look();
    });
  }

  /** Serves when it resolves. */
  static async start({ configFile }: World, services: readonly string[] = ['--metadata']): Promise<Serving> {
    const words = ['--pdeathsig', 'KILL', '--', join(PACKAGE, 'scripts', 'novalet')]; // a test that is killed takes it along
    const server = spawn('setpriv', [...words, '--config', configFile, 'serve', ...services], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const serving = new Serving(server);
    await serving.said(/^(Listening for metadata|Serving metadata)/);
    return serving;
  }

  get pid(): number {
    return this.#server.pid ?? 0;
  }

  /** The first line that fits, as soon as it is there. */
  async said(pattern: RegExp): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = () => {
      const line = this.#lines.find((one) => pattern.test(one));
      if (line !== undefined) resolve(line);
    };
    const ended = () => reject(new Error(`it ended: ${this.#lines.join('\n')}`));
    this.#waiting.add(look);
    this.#server.once('exit', ended);
    look();
    try {
      return await promise;
    } finally {
      this.#waiting.delete(look);
      this.#server.off('exit', ended);
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#server.exitCode !== null || this.#server.signalCode !== null) return;
    const exit = once(this.#server, 'exit');
    this.#server.kill(signal);
    await exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** The rules that the service of this world has set; those of others on this host come and go. */
export async function serviceRules({ stateDir }: World): Promise<string> {
  const table = metadataTable(join(stateDir, 'state'));
  const families = ['bridge', 'inet'].map((family) => runCommand('nft', ['list', 'table', family, table]));
  return (await Promise.all(families)).map(({ stdout }) => stdout).join(''); // without a table there is nothing
}
