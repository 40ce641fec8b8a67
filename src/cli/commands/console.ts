// novalet console INSTANCE
import { Option } from 'commander';
import { KIB } from '../../base/index.ts';
import type { ConsoleLog } from '../../compute/index.ts';
import { INSTANCE } from '../operands.ts';
import { PrintableStream } from '../printable.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { quantity } from '../values.ts';

interface ConsoleOptions {
  readonly follow?: boolean;
  readonly bytes: number;
}

export const showConsole: Define = (command, session) => {
  command
    .description(
      'Show what the guest wrote to its serial console. On a terminal, escape sequences are cut out.',
    )
    .argument('<instance>', INSTANCE)
    .addOption(new Option('--log', 'print the log and end (the default)').conflicts(['follow']))
    .option('--follow', 'print the log, and what comes, until interrupted')
    .addOption(
      new Option('--bytes <size>', 'how much of the log at most, from its end')
        .argParser(quantity('--bytes', 1))
        .default(256 * KIB, '256K'),
    )
    .action(async (ref: string, options: ConsoleOptions) => {
      await session.query(async (compute) => {
        const log = await compute.consoleLog(ref);
        if (options.follow === true) await follow(session, log, options.bytes);
        else await printLog(session, ref, await log.read(options.bytes));
      });
    });
};

async function printLog(session: Session, ref: string, bytes: Buffer): Promise<void> {
  if (session.options.output !== 'table') {
    await session.print({ data: { instance: ref, log: bytes.toString('utf8') }, text: () => '' });
    return;
  }
  await outlet(session)(bytes);
}

async function follow(session: Session, log: ConsoleLog, bytes: number): Promise<void> {
  const write = outlet(session);
  for await (const chunk of log.follow(bytes, session.interrupt.signal)) await write(chunk);
}

/** To a file or a pipe go the guest's bytes; to a terminal only what it may show. */
function outlet(session: Session): (bytes: Uint8Array) => Promise<void> {
  if (session.streams.stdout.isTTY !== true) return (bytes) => session.write(bytes);
  const printable = new PrintableStream();
  return (bytes) => session.write(printable.write(bytes));
}
