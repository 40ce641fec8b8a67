// Runs a program to its end and tells all of it: status, output, errors. Bounded; a status is no failure here.
import { spawn } from 'node:child_process';

export interface CommandResult {
  /** Null when a signal ended it, as when its time was up. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly stdin?: string;
  /** Two minutes. */
  readonly timeoutMs?: number;
  /** Instead of this process's. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { stdin = '', timeoutMs = 120_000, env, cwd } = options;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs, env, cwd });
  child.stdin.on('error', () => undefined); // it may end before it has read all; its status tells
  child.stdin.end(stdin);
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.once('close', resolve);
      child.once('error', reject);
    }),
  ]);
  return { status, stdout, stderr };
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString('utf8');
}
