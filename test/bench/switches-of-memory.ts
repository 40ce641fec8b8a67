// What the switches of memory gain: free_page_reporting, autodeflate and balloon. What they do is seen in one round:
// it is there or it is not.
import { delay } from '../../src/base/index.ts';
import { compared, type Measurement } from './measure.ts';
import { type Switches, SwitchGuest } from './switch-guest.ts';

const MEMORY_MIB = 1024;
const FREED_MIB = 400;
const INFLATED_TO_MIB = 256;
const STEP_MIB = 64;

/** The resident memory has settled when it stays within so much for so long. */
const SETTLED = { mib: 4, rounds: 6, everyMs: 1000 };
const SETTLED_AT_MOST_MS = 60_000;

export async function measureMemory(): Promise<readonly Measurement[]> {
  const pages = { on: await freedMemory({}), off: await freedMemory({ free_page_reporting: false }) };
  const lives = { on: await largestProgram({}), off: await largestProgram({ autodeflate: false }) };
  const figures = { on: await memoryFigures({}), off: await memoryFigures({ balloon: false }) };
  const row = (name: string, unit: string, { on, off }: { on: number; off: number }) =>
    compared(name, { unit, ours: on, baseline: off, goal: null });
  return [
    row('free_page_reporting on, against off: resident memory of QEMU, the guest idle after boot', 'MiB', {
      on: pages.on.idleMiB,
      off: pages.off.idleMiB,
    }),
    row(
      `free_page_reporting on, against off: what QEMU keeps of ${FREED_MIB} MiB that the guest freed`,
      'MiB',
      {
        on: pages.on.keptMiB,
        off: pages.off.keptMiB,
      },
    ),
    row(
      `autodeflate on, against off: largest program that lives in ${MEMORY_MIB} MiB, inflated to ${INFLATED_TO_MIB}`,
      'MiB',
      lives,
    ),
    row("balloon on, against off: figures of the guest's memory that the host sees", '', figures),
  ];
}

async function freedMemory(switches: Switches): Promise<{ idleMiB: number; keptMiB: number }> {
  await using guest = await SwitchGuest.boot(switches, MEMORY_MIB);
  const idleMiB = await settledMiB(guest);
  const mount = `mount -t tmpfs -o size=${FREED_MIB + 50}m freed /mnt`;
  await guest.sh(`${mount} && dd if=/dev/zero of=/mnt/file bs=1M count=${FREED_MIB}`);
  const fullMiB = await guest.residentMiB();
  if (fullMiB < idleMiB + FREED_MIB / 2)
    throw new Error(`QEMU grew from ${idleMiB} MiB to ${fullMiB} MiB only`);
  await guest.sh('umount /mnt');
  return { idleMiB, keptMiB: (await settledMiB(guest)) - idleMiB };
}

/** What QEMU holds when it has stopped falling and growing, or after a minute. */
async function settledMiB(guest: SwitchGuest): Promise<number> {
  const until = performance.now() + SETTLED_AT_MOST_MS;
  const seen = [await guest.residentMiB()];
  for (;;) {
    await delay(SETTLED.everyMs);
    const now = await guest.residentMiB();
    seen.push(now);
    const last = seen.slice(-SETTLED.rounds);
    const isSettled = last.length === SETTLED.rounds && Math.max(...last) - Math.min(...last) <= SETTLED.mib;
    if (isSettled || performance.now() > until) return now;
  }
}

/** To one step; the program is a dd with one block of that size, which it fills. */
async function largestProgram(switches: Switches): Promise<number> {
  await using guest = await SwitchGuest.boot(switches, MEMORY_MIB);
  let lives = 0;
  let dies = MEMORY_MIB / STEP_MIB;
  while (dies - lives > 1) {
    const middle = Math.floor((lives + dies) / 2);
    await inflate(guest);
    const { exitCode } = await guest.run(`dd if=/dev/zero of=/dev/null bs=${middle * STEP_MIB}M count=1`);
    if (exitCode === 0) lives = middle;
    else dies = middle;
  }
  return lives * STEP_MIB;
}

/** Leaves the guest `INFLATED_TO_MIB`; resolves when its balloon has taken the rest. */
async function inflate(guest: SwitchGuest): Promise<void> {
  await guest.virsh('setmem', `${INFLATED_TO_MIB}M`, '--live');
  const until = performance.now() + SETTLED_AT_MOST_MS;
  for (;;) {
    const actual = (await statistics(guest)).get('actual') ?? 0;
    if (actual <= INFLATED_TO_MIB * 1024) return;
    if (performance.now() > until)
      throw new Error(`the balloon left the guest ${actual} KiB and took no more`);
    await delay(200);
  }
}

async function memoryFigures(switches: Switches): Promise<number> {
  await using guest = await SwitchGuest.boot(switches);
  const until = performance.now() + 20_000; // the statistics come every ten seconds
  for (;;) {
    const { size } = await statistics(guest);
    // Without the guest's own there are two or three.
    if (size > 3 || performance.now() > until) return size;
    await delay(SETTLED.everyMs);
  }
}

/** What `virsh dommemstat` tells, in its own words and units. */
async function statistics(guest: SwitchGuest): Promise<ReadonlyMap<string, number>> {
  const lines = (await guest.virsh('dommemstat')).trim().split('\n');
  return new Map(lines.map((line) => line.split(' ')).map(([name = '', value]) => [name, Number(value)]));
}
