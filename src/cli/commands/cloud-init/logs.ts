// novalet cloud-init INSTANCE logs
import { Fault } from '../../../base/index.ts';
import type { ActOptions, Files } from '../../../compute/index.ts';
import type { Session } from '../../session.ts';
import { invalid } from '../../values.ts';
import { outlet } from '../guest-output.ts';
import { withFiles } from '../with-files.ts';

/** What cloud-init does, and what the programs wrote that it ran. */
export const LOGS = ['log', 'output'] as const;
type Log = (typeof LOGS)[number];

export interface LogOptions {
  readonly only?: Log;
  readonly follow?: boolean;
  readonly bytes: number;
}

const PATHS: Readonly<Record<Log, string>> = {
  log: '/var/log/cloud-init.log',
  output: '/var/log/cloud-init-output.log',
};

export async function showLogs(session: Session, ref: string, options: LogOptions): Promise<void> {
  const { only, follow = false, bytes } = options;
  if (follow && session.options.output !== 'table') {
    throw invalid('A log that is followed is no document', 'Leave out --follow, or -o.');
  }
  if (follow && only === undefined) {
    throw invalid('--follow shows one log', 'Say which: --only log, or --only output.');
  }
  const logs = only === undefined ? LOGS : [only];
  await withFiles(session, { instance: ref, how: {} }, async (files, { signal }) => {
    if (session.options.output === 'table') await show(session, ref, { files, logs, follow, bytes, signal });
    else await print(session, ref, { files, logs, follow, bytes, signal });
  });
}

interface Reading extends Pick<ActOptions, 'signal'> {
  readonly files: Files;
  readonly logs: readonly Log[];
  readonly follow: boolean;
  readonly bytes: number;
}

/** One by itself goes out as it is; of two each has its name above it, as tail(1) has it. */
async function show(session: Session, ref: string, reading: Reading): Promise<void> {
  const { logs } = reading;
  let shown = 0;
  for (const log of logs) {
    if (!(await reading.files.exists(PATHS[log], { signal: reading.signal }))) continue;
    if (logs.length > 1) await session.write(`${shown === 0 ? '' : '\n'}==> ${PATHS[log]} <==\n`);
    shown += 1;
    const write = outlet(session);
    for await (const piece of piecesOf(log, reading)) await write(piece);
  }
  if (shown === 0) throw noLog(ref, logs);
}

async function print(session: Session, ref: string, reading: Reading): Promise<void> {
  const found: { path: string; text: string }[] = [];
  for (const log of reading.logs) {
    if (!(await reading.files.exists(PATHS[log], { signal: reading.signal }))) continue;
    const pieces: Buffer[] = [];
    for await (const piece of piecesOf(log, reading)) pieces.push(piece);
    found.push({ path: PATHS[log], text: Buffer.concat(pieces).toString('utf8') });
  }
  if (found.length === 0) throw noLog(ref, reading.logs);
  await session.print({ data: { instance: ref, logs: found }, text: () => '' });
}

/** No more than was asked for, whatever the guest's tail does. */
async function* piecesOf(log: Log, { files, follow, bytes, signal }: Reading): AsyncGenerator<Buffer, void> {
  let left = bytes;
  for await (const piece of files.tail(PATHS[log], { follow, bytes, signal })) {
    yield follow ? piece : piece.subarray(0, left);
    left -= piece.length;
    if (!follow && left <= 0) return;
  }
}

function noLog(ref: string, logs: readonly Log[]): Fault {
  const which = logs.map((log) => PATHS[log]).join(' and no ');
  return new Fault('not-found', 'CLOUD_INIT_LOG_MISSING', `${ref} has no ${which}`, {
    hint: `cloud-init has not run there, or is not installed: novalet cloud-init ${ref} status`,
  });
}
