// novalet top
import { Option } from 'commander';
import { delay, formatBytes, KIB } from '../../base/index.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { formatTable } from '../table.ts';
import { type Rates, ratesBetween } from '../usage-rates.ts';
import { parseSeconds } from '../values.ts';

interface TopOptions {
  readonly once?: boolean;
  readonly interval: number;
}

const TWO_SECONDS_MS = 2000;
/** Clears what is below; the cursor goes home first. */
const HOME = '\u001b[H';
const CLEAR_BELOW = '\u001b[J';
const CLEAR_LINE_END = '\u001b[K';

export const top: Define = (command, session) => {
  command
    .description('Show what the running instances use, the busiest first, until interrupted.')
    .option('--once', 'measure once, print and end; also without a terminal, and with -o json')
    .addOption(
      new Option('--interval <seconds>', 'how long to measure each time')
        .argParser(parseSeconds)
        .default(TWO_SECONDS_MS, '2'),
    )
    .action(async ({ once, interval }: TopOptions) => {
      const isLive =
        once !== true && session.streams.stdout.isTTY === true && session.options.output === 'table';
      await session.query(async (compute) => {
        let before = await compute.usage();
        for (;;) {
          await delay(interval, session.interrupt.signal);
          const after = await compute.usage();
          const rates = ratesBetween(before, after);
          if (!isLive) {
            await session.print({ data: rates.map(rateRecord), text: () => ratesTable(rates) });
            return;
          }
          await draw(session, ratesTable(rates));
          before = after;
        }
      });
    });
};

/** Over what was drawn before, as much as the terminal has lines for. */
async function draw(session: Session, table: string): Promise<void> {
  const { rows, columns } = session.streams.stdout;
  const lines = table.split('\n').slice(0, Math.max(2, rows - 1));
  const shown = lines.map((line) => `${line.slice(0, columns)}${CLEAR_LINE_END}`).join('\n');
  await session.write(`${HOME}${shown}${CLEAR_BELOW}`);
}

function ratesTable(rates: readonly Rates[]): string {
  return formatTable({
    head: ['NAME', 'CPU %', 'MEMORY', 'OF', 'READ/s', 'WRITTEN/s', 'RECEIVED/s', 'SENT/s'],
    rows: rates.map((rate) => [
      rate.name,
      rate.cpuPercent.toFixed(1),
      formatBytes(rate.residentKiB * KIB),
      formatBytes(rate.maximumKiB * KIB),
      ...[rate.readRate, rate.writeRate, rate.rxRate, rate.txRate].map((bytes) =>
        formatBytes(Math.round(bytes)),
      ),
    ]),
  });
}

function rateRecord(rate: Rates) {
  return {
    id: rate.id,
    name: rate.name,
    cpu_percent: Number(rate.cpuPercent.toFixed(2)),
    resident_kib: rate.residentKiB,
    maximum_kib: rate.maximumKiB,
    read_bytes_per_second: Math.round(rate.readRate),
    write_bytes_per_second: Math.round(rate.writeRate),
    rx_bytes_per_second: Math.round(rate.rxRate),
    tx_bytes_per_second: Math.round(rate.txRate),
  };
}
