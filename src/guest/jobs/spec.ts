// A request as the shell text that the job program reads: definitions only, every word quoted.
import { Fault, Secret } from '../../base/index.ts';
import { checkExec } from '../exec-request.ts';
import type { SpawnRequest } from '../road.ts';
import { VIGIL, type Vigil } from './vigil.ts';

/** Throws what Agent.exec throws of wrong requests, and `TERMINAL_SIZE_INVALID`. `limit`: bytes to keep of each stream, or undefined for flow control. */
export function specification(
  request: SpawnRequest,
  limit: number | undefined,
  vigil: Vigil = VIGIL,
): string {
  const { argv, env, cwd, user, terminal } = request;
  checkExec(argv, { env, cwd, user });
  if (terminal !== undefined) checkSize(terminal);
  const words = argv.map(quoted).join(' ');
  const variables = Object.entries(env ?? {}).map(
    ([name, value]) =>
      `${name}=${quoted(value instanceof Secret ? value.reveal() : value)}; export ${name}\n`,
  );
  return [
    `job_limit=${limit ?? ''}`,
    `job_round=${vigil.roundSeconds} job_rounds=${vigil.rounds}`,
    `job_user=${quoted(user ?? '')}`,
    // A terminal begins in the home, as a login does.
    `job_cwd=${quoted(cwd ?? (terminal === undefined ? '/' : ''))}`,
    `job_stdin=${request.stdin === true || terminal !== undefined ? 1 : ''}`,
    `job_term=${quoted(terminal?.term ?? '')}`,
    `job_rows=${terminal?.rows ?? ''} job_columns=${terminal?.columns ?? ''}`,
    `job_quoted=${terminal === undefined ? '' : quoted(words)}`,
    `job_words() { "$@" ${words}; }`,
    `job_env() { :\n${variables.join('')}}`,
    '',
  ].join('\n');
}

/** Both become words of a command in the guest. */
export function checkSize({ rows, columns }: { readonly rows: number; readonly columns: number }): void {
  const isFit = (count: number) => Number.isSafeInteger(count) && count >= 0 && count <= 0xffff;
  if (isFit(rows) && isFit(columns)) return;
  throw new Fault('invalid', 'TERMINAL_SIZE_INVALID', `A terminal cannot be ${rows} by ${columns}`, {
    hint: 'Rows and columns are whole numbers up to 65535.',
  });
}

/** Nothing has a meaning for the shell between single quotes but their end. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
