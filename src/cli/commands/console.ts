// novalet console INSTANCE
import { Writable } from 'node:stream';
import { Option } from 'commander';
import { KIB } from '../../base/index.ts';
import type { ConsoleLog, SerialConsole } from '../../compute/index.ts';
import { DetachKeys, parseDetachKeys } from '../detach-keys.ts';
import { fed, orFailing } from '../guest-streams.ts';
import { isTerminal, rawTerminal } from '../guest-terminal.ts';
import { INSTANCE } from '../operands.ts';
import { PrintableStream } from '../printable.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { quantity } from '../values.ts';

interface ConsoleOptions {
  readonly log?: boolean;
  readonly follow?: boolean;
  readonly force?: boolean;
  readonly bytes: number;
  readonly detachKeys: readonly number[];
}

/** As virsh console and telnet have it. */
const DETACH_KEY = 'ctrl-]';

export const showConsole: Define = (command, session) => {
  command
    .description(
      'Join your terminal to the first serial port of the guest; Ctrl-] leaves it. Without a terminal, or with --log or --follow, show what the guest wrote to it, with escape sequences cut out on a terminal.',
    )
    .argument('<instance>', INSTANCE)
    .addOption(
      new Option('--log', 'print the log and end (the default without a terminal)').conflicts(['follow']),
    )
    .option('--follow', 'print the log, and what comes, until interrupted')
    .option('--force', 'take the console from whoever has it')
    .addOption(
      new Option('--detach-keys <keys>', 'keys that leave the console')
        .argParser(parseDetachKeys)
        .default(parseDetachKeys(DETACH_KEY), DETACH_KEY),
    )
    .addOption(
      new Option('--bytes <size>', 'how much of the log at most, from its end')
        .argParser(quantity('--bytes', 1))
        .default(256 * KIB, '256K'),
    )
    .action(async (ref: string, options: ConsoleOptions) => {
      const wantsLog = options.log === true || options.follow === true;
      if (!wantsLog && isTerminal(session.streams)) {
        await join(session, ref, options);
        return;
      }
      await session.query(async (compute) => {
        const log = await compute.consoleLog(ref);
        if (options.follow === true) await follow(session, log, options.bytes);
        else await printLog(session, ref, await log.read(options.bytes));
      });
    });
};

async function join(session: Session, ref: string, { force, detachKeys }: ConsoleOptions): Promise<void> {
  await session.act(
    async (compute) => {
      await using line = await compute.consoles.open(ref, { force: force === true });
      await session.note(`Joined to the console of ${ref}; Ctrl-] leaves it.`);
      using _raw = rawTerminal(session.streams);
      const keys = new DetachKeys(detachKeys);
      const input = fed(session.streams.stdin, keysTo(line), keys);
      try {
        const left = keys.typed.then(() => 'left' as const);
        await session.interrupt.race(Promise.race([orFailing(show(session, line), input), left]));
      } finally {
        input.stop();
      }
    },
    { progress: false },
  );
  await session.writeError('\n');
}

/** Raw: what is on the line is the guest's, as with any terminal line. */
async function show(session: Session, line: SerialConsole): Promise<void> {
  for await (const bytes of line) await session.write(bytes);
}

function keysTo(line: SerialConsole): Writable {
  return new Writable({
    write: (bytes: Buffer, _encoding, done) => {
      line.write(bytes).then(() => done(), done);
    },
  });
}
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
