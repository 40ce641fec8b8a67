// What was asked of exec, checked, and turned into guest-exec's arguments.
import { randomBytes } from 'node:crypto';
import { Fault, Secret } from '../base/index.ts';
import { INPUT_SCRIPT, RUN_SCRIPT, USER_SCRIPT } from './exec-scripts.ts';

export interface ExecOptions {
  /** Variables on top of the agent's own. Values may be Secrets; they travel on standard input, not in argv. */
  readonly env?: Readonly<Record<string, string | Secret>> | undefined;
  /** An absolute directory to run in. Default `/`, which is the agent's. */
  readonly cwd?: string | undefined;
  /** A user's name or number to run as. Default: the agent's, root. */
  readonly user?: string | undefined;
  /** The whole of the command's standard input. Default: none. */
  readonly stdin?: Uint8Array | string | undefined;
  /** The command and everything that it started is killed after this many milliseconds. Default: never. */
  readonly timeoutMs?: number | undefined;
  /** Kills the same when it fires. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Bytes to keep of each stream; the rest is read and dropped, in the guest. Default: 16 MiB, which is the agent's own
   * limit. Behind libvirt give a limit to any command that may write a lot: a reply over 4 MiB is lost, and one over
   * 10 MiB makes libvirt give up the agent until its channel is attached anew. With a limit, a signal that ended the
   * command shows as exit code 128+N, as in a shell.
   */
  readonly captureLimit?: number | undefined;
}

/** guest-exec's arguments (QEMU, qga/qapi-schema.json). */
export interface SpawnArguments {
  readonly path: string;
  readonly arg: readonly string[];
  readonly 'input-data'?: string;
  readonly 'capture-output': true;
}

export interface Spawn {
  readonly arguments: SpawnArguments;
  /** Set where a script of ours runs around the command: what it says on stderr begins with this. */
  readonly nonce?: string;
}

const ARGUMENT_LIMIT = 128 * 1024 - 1; // the kernel's MAX_ARG_STRLEN, less the NUL
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const USER = /^[A-Za-z0-9_][^\s:/]{0,255}$/;

/** Throws `EXEC_ARGUMENT_INVALID`, `EXEC_ENV_INVALID`, `EXEC_CWD_INVALID`, `EXEC_USER_INVALID` or `EXEC_OPTION_INVALID`. */
export function checkExec(argv: readonly string[], options: ExecOptions): void {
  if (argv.length === 0 || argv[0] === '')
    throw invalid('EXEC_ARGUMENT_INVALID', 'There is no command to run');
  for (const [at, argument] of argv.entries()) {
    if (argument.includes('\0'))
      throw invalid('EXEC_ARGUMENT_INVALID', `Argument ${at} holds a NUL character`);
    if (Buffer.byteLength(argument) > ARGUMENT_LIMIT) {
      throw invalid('EXEC_ARGUMENT_INVALID', `Argument ${at} is longer than ${ARGUMENT_LIMIT} bytes`);
    }
  }
  for (const [name, value] of Object.entries(options.env ?? {})) {
    if (!NAME.test(name) || name.startsWith('novalet_')) {
      throw invalid('EXEC_ENV_INVALID', `"${name}" cannot be the name of an environment variable`);
    }
    if (reveal(value).includes('\0'))
      throw invalid('EXEC_ENV_INVALID', `The value of ${name} holds a NUL character`);
  }
  const { cwd, user, timeoutMs, captureLimit } = options;
  if (cwd !== undefined && (!cwd.startsWith('/') || cwd.includes('\0'))) {
    throw invalid('EXEC_CWD_INVALID', `The directory to run in is not an absolute path: ${cwd}`);
  }
  if (user !== undefined && !USER.test(user))
    throw invalid('EXEC_USER_INVALID', `"${user}" cannot be a user's name`);
  if (timeoutMs !== undefined && !(timeoutMs > 0))
    throw invalid('EXEC_OPTION_INVALID', 'The timeout is not positive');
  if (captureLimit !== undefined && !(Number.isSafeInteger(captureLimit) && captureLimit >= 0)) {
    throw invalid('EXEC_OPTION_INVALID', 'The capture limit is not a number of bytes');
  }
}

/** Whether guest-exec alone cannot do it. */
export function needsScript(options: ExecOptions): boolean {
  const { env, cwd, user, timeoutMs, captureLimit } = options;
  return (
    [cwd, user, timeoutMs, captureLimit].some((option) => option !== undefined) ||
    Object.keys(env ?? {}).length > 0
  );
}

/** The command itself, with no shell around it: one process in the guest, started by one request. */
export function plainSpawn(argv: readonly string[], stdin: ExecOptions['stdin']): Spawn {
  const [path = '', ...arg] = argv;
  const input = stdin === undefined ? {} : { 'input-data': Buffer.from(stdin).toString('base64') };
  return { arguments: { path, arg, ...input, 'capture-output': true } };
}

export interface ScriptSetting {
  /** Put it into a session of its own, so that all of it can be killed; needs setsid in the guest. */
  readonly withSetsid: boolean;
  /** A file in the guest that holds the command's input, in place of `options.stdin`; it is removed at the start. */
  readonly inputFile?: string | undefined;
}

/** The command inside our scripts. */
export function scriptSpawn(argv: readonly string[], options: ExecOptions, setting: ScriptSetting): Spawn {
  const { inputFile } = setting;
  const nonce = randomBytes(16).toString('hex');
  const variables = Object.entries(options.env ?? {}).map(
    ([name, value]) => `${name}=${escaped(reveal(value))}\n`,
  );
  const limit = options.captureLimit === undefined ? '' : String(options.captureLimit + 1);
  const input = inputFile === undefined ? '' : 'file';
  const run = [options.cwd ?? '', String(variables.length), limit, input, ...argv];
  const head = [`${nonce}\n`, ...variables];
  const words = [];
  if (setting.withSetsid) words.push('setsid');
  if (inputFile !== undefined) words.push('/bin/sh', '-c', INPUT_SCRIPT, 'novalet-input', inputFile);
  if (options.user === undefined) {
    words.push('/bin/sh', '-c', RUN_SCRIPT, 'novalet-exec', ...run);
  } else {
    words.push('/bin/sh', '-c', USER_SCRIPT, 'novalet-exec', options.user, RUN_SCRIPT, ...run);
    head.unshift(`${nonce}\n`); // one for each script
  }
  const own = inputFile === undefined ? (options.stdin ?? '') : '';
  return { ...plainSpawn(words, Buffer.concat([Buffer.from(head.join('')), Buffer.from(own)])), nonce };
}

function reveal(value: string | Secret): string {
  return value instanceof Secret ? value.reveal() : value;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function invalid(code: string, message: string): Fault {
  return new Fault('invalid', code, message, { hint: 'Correct the call; nothing was sent to the guest.' });
}
