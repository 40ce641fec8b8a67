// What the switches of disks gain: iothreads, io_uring, packed_rings, and discard. Each guest differs from profile
// `modern` in one switch; the rounds alternate.
import { isFault } from '../../src/base/index.ts';
import { compared, type Measurement, median, percentile, timed } from './measure.ts';
import { type Switches, SwitchGuest } from './switch-guest.ts';
import { VirshMonitor } from './virsh-monitor.ts';

/** Guests of each kind, and how often each of them does everything. */
const ROUNDS = 2;
const REPEATS = 3;
const READERS = 4;
/** Of 4 KiB, for each reader; the readers' parts follow each other on the disk. */
const READS = 1500;
const WRITES = 2000;
const DISCARDED_MIB = 256;

/** Fails when one of them does. */
const ALL_READERS = [
  ...Array.from({ length: READERS }, (_unused, at) => `${reader(at)} & p${at}=$!`),
  ...Array.from({ length: READERS }, (_unused, at) => `wait $p${at} || exit 1`),
].join('\n');

/** Per second where nothing else is said. */
interface DiskFigures {
  readonly reads: number[];
  readonly readsAtOnce: number[];
  readonly writes: number[];
  readonly queryMs: number[];
}

/** Each switch, and the guests that have it on and off: the plain profile is one of the two. */
const SWITCHES = [
  { name: 'iothreads', other: { iothreads: false }, isOnInModern: true },
  { name: 'io_uring', other: { io_uring: true }, isOnInModern: false },
  { name: 'packed_rings', other: { packed_rings: true }, isOnInModern: false },
] as const;

export async function measureServing(): Promise<readonly Measurement[]> {
  const modern = noFigures();
  const others = SWITCHES.map(({ other }) => ({ other, figures: noFigures() }));
  for (let round = 0; round < ROUNDS; round += 1) {
    await measureGuest({}, modern);
    for (const { other, figures } of others) await measureGuest(other, figures);
  }
  return SWITCHES.flatMap(({ name, isOnInModern }, at) => {
    const other = others[at]?.figures ?? noFigures();
    if (other.reads.length === 0) return [];
    return isOnInModern ? rows(name, modern, other) : rows(name, other, modern);
  });
}

function noFigures(): DiskFigures {
  return { reads: [], readsAtOnce: [], writes: [], queryMs: [] };
}

function rows(name: string, on: DiskFigures, off: DiskFigures): Measurement[] {
  const row = (what: string, unit: string, of: (figures: DiskFigures) => number) =>
    compared(`${name} on, against off: ${what}`, { unit, ours: of(on), baseline: of(off), goal: null });
  return [
    row('4 KiB direct reads, one reader', '/s', ({ reads }) => median(reads)),
    row(`4 KiB direct reads, ${READERS} readers`, '/s', ({ readsAtOnce }) => median(readsAtOnce)),
    row('4 KiB direct writes while the monitor is asked', '/s', ({ writes }) => median(writes)),
    row('query-status during these writes, p50', 'ms', ({ queryMs }) => median(queryMs)),
    row('query-status during these writes, p95', 'ms', ({ queryMs }) => percentile(queryMs, 0.95)),
  ];
}

/** Adds to `into`; nothing where the host does not let QEMU use io_uring. */
async function measureGuest(switches: Switches, into: DiskFigures): Promise<void> {
  try {
    await using guest = await SwitchGuest.boot(switches);
    // What is read must be there: a cluster that was never written is read without the disk.
    await guest.sh('dd if=/dev/zero of=/dev/vda bs=1M count=128 oflag=direct');
    await using monitor = new VirshMonitor(guest.domain);
    await monitor.queryStatus(); // virsh logs in
    for (let repeat = 0; repeat < REPEATS; repeat += 1) await measureOnce(guest, monitor, into);
  } catch (error) {
    if (!isFault(error, 'IO_URING_ABSENT')) {
      throw new Error(`The guest that differs by ${JSON.stringify(switches)} was not measured`, {
        cause: error,
      });
    }
    process.stderr.write(`not measured: ${error.message}\n`);
  }
}

async function measureOnce(guest: SwitchGuest, monitor: VirshMonitor, into: DiskFigures): Promise<void> {
  into.reads.push(READS / (await seconds(guest, reader(0))));
  into.readsAtOnce.push((READERS * READS) / (await seconds(guest, ALL_READERS)));
  const writing = seconds(guest, `dd if=/dev/zero of=/dev/vda bs=4k count=${WRITES} oflag=direct`);
  const [tookS, queries] = await Promise.all([writing, queriesUntil(writing, monitor)]);
  into.writes.push(WRITES / tookS);
  into.queryMs.push(...queries);
}

function reader(at: number): string {
  return `dd if=/dev/vda of=/dev/null bs=4k count=${READS} skip=${at * READS} iflag=direct`;
}

async function seconds(guest: SwitchGuest, script: string): Promise<number> {
  return (await timed(() => guest.sh(script))) / 1000;
}

/** Milliseconds of one question after the other, until `work` has ended in whatever way. */
async function queriesUntil(work: Promise<unknown>, monitor: VirshMonitor): Promise<number[]> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  work.then(end, end);
  const times: number[] = [];
  while (!isOver) times.push(await timed(() => monitor.queryStatus()));
  return times;
}

/** By blkdiscard, which asks the disk for what fstrim asks for too: the minimal guest has no file system on it. */
export async function measureDiscard(): Promise<readonly Measurement[]> {
  const [on, off] = [await discarded({}), await discarded({ discard: false })];
  const row = (what: string, unit: string, of: (result: Discarded) => number) =>
    compared(`discard on, against off: ${what}`, { unit, ours: of(on), baseline: of(off), goal: null });
  return [
    row(`what the disk keeps of ${DISCARDED_MIB} MiB, discarded`, 'MiB', ({ keptMiB }) => keptMiB),
    row('how long that discard takes', 'ms', ({ discardMs }) => discardMs),
  ];
}

interface Discarded {
  readonly keptMiB: number;
  readonly discardMs: number;
}

async function discarded(switches: Switches): Promise<Discarded> {
  await using guest = await SwitchGuest.boot(switches);
  const before = await guest.rootDiskMiB();
  await guest.sh(`dd if=/dev/zero of=/dev/vda bs=1M count=${DISCARDED_MIB} oflag=direct && sync`);
  const full = await guest.rootDiskMiB();
  if (full < before + DISCARDED_MIB / 2) throw new Error(`the disk grew from ${before} to ${full} MiB only`);
  const discardMs = await timed(() => guest.sh(`blkdiscard -l $((${DISCARDED_MIB} * 1048576)) /dev/vda`));
  return { keptMiB: (await guest.rootDiskMiB()) - before, discardMs };
}
