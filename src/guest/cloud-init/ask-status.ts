// Asks a guest's cloud-init how far it is. The newest form is asked for first; a version that does not know it says so by
// the status of wrong usage, and by no JSON.
import { Fault } from '../../base/index.ts';
import { shortened } from '../../qapi/index.ts';
import type { ExecOptions } from '../exec-request.ts';
import type { ExecResult } from '../exec-result.ts';
import { type CloudInitStatus, readStatusFile, readStatusJson, readStatusText } from './status.ts';

/** Runs a program in the guest: `Agent.exec` fits. */
export type Exec = (argv: readonly string[], options: ExecOptions) => Promise<ExecResult>;

export interface AskOptions {
  /** Until cloud-init is done, or has failed. */
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** argparse's. So ends `status` with warnings, too, from 23.4 on; that one writes JSON. */
const WRONG_USAGE = 2;
const MOST_BYTES = 1024 * 1024;
const STATUS_FILE = '/run/cloud-init/status.json';

/**
 * Throws what Agent.exec throws, `EXEC_NOT_FOUND` where there is no cloud-init and `EXEC_TIMEOUT` when it goes on for longer,
 * and `CLOUD_INIT_ANSWER_INVALID`.
 */
export async function askCloudInit(exec: Exec, options: AskOptions): Promise<CloudInitStatus> {
  const deadline = performance.now() + options.timeoutMs;
  const run = (...argv: readonly string[]) =>
    exec(argv, {
      timeoutMs: Math.max(1, Math.ceil(deadline - performance.now())),
      signal: options.signal,
      captureLimit: MOST_BYTES,
    });
  const status = await askProgram(run, options.wait ? ['--wait'] : []);
  if (status.stages.length > 0) return status;
  const file = await run('cat', STATUS_FILE);
  return file.exitCode === 0 ? { ...status, stages: readStatusFile(jsonIn(file.stdout)) } : status; // it has not begun
}

async function askProgram(
  run: (...argv: readonly string[]) => Promise<ExecResult>,
  wait: readonly string[],
): Promise<CloudInitStatus> {
  const answer = await run('cloud-init', 'status', ...wait, '--format', 'json');
  const json = jsonIn(answer.stdout);
  if (json !== undefined) return readStatusJson(json);
  if (answer.exitCode === WRONG_USAGE) {
    return readStatusText((await run('cloud-init', 'status', ...wait, '--long')).stdout.toString());
  }
  const end = answer.signal ?? `exit status ${answer.exitCode ?? 0}`;
  throw new Fault(
    'corrupt',
    'CLOUD_INIT_ANSWER_INVALID',
    `cloud-init status ended (${end}) and told nothing`,
    {
      details: { stderr: shortened(answer.stderr.toString()) },
      hint: 'See what it says itself: novalet exec NAME -- cloud-init status --long',
    },
  );
}

function jsonIn(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
