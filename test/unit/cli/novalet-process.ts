// Runs the command line as a process of its own, as a shell would, for at most 20 seconds.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of Node itself. */
  readonly nodeFlags?: readonly string[];
}

/** Runs `novalet` with these arguments until it ends. */
export async function novalet(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const flags = options.nodeFlags ?? [];
  const child = spawn(process.execPath, [...flags, '--disable-warning=ExperimentalWarning', MAIN, ...argv], {
    env: { ...process.env, ...options.env },
    timeout: 20_000,
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject);
  child.on('close', resolve);
  child.stdin.on('error', () => {}); // it may end before it has read everything
  child.stdin.end(options.stdin ?? '');
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const status = await promise;
  return { status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}
