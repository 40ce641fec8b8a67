// The command line against virsh, each a process of its own, as people and scripts run them.
import { runProgram } from '../../src/hostlink/index.ts';
import { alternate, rowsOf } from './alternate.ts';
import type { BareGuest } from './bare-guest.ts';
import { type Measurement, timed } from './measure.ts';

const ROUNDS = 5;

export async function measureCommands(guest: BareGuest): Promise<readonly Measurement[]> {
  const novalet = async (...args: readonly string[]) => {
    const { status, stderr } = await guest.world.novalet(['--quiet', ...args]);
    if (status !== 0) throw new Error(stderr);
  };
  const virsh = async (command: string) =>
    await runProgram('virsh', ['-q', '-c', 'qemu:///system', command, guest.id]);
  const sides = await alternate(
    ROUNDS,
    async () => ({
      pause: await timed(() => novalet('pause', guest.id)),
      unpause: await timed(() => novalet('unpause', guest.id)),
      stop: await timed(() => novalet('stop', '--force', guest.id)),
      start: await timed(() => novalet('start', guest.id)),
    }),
    async () => ({
      pause: await timed(() => virsh('suspend')),
      unpause: await timed(() => virsh('resume')),
      stop: await timed(() => virsh('destroy')),
      start: await timed(() => virsh('start')),
    }),
  );
  const row = (command: string, other: string, what: string) =>
    rowsOf(sides, {
      name: `${command}, command line against ${other}`,
      ours: what,
      bare: what,
      hasGoal: false,
    });
  return [
    ...row('pause', 'virsh suspend', 'pause'),
    ...row('unpause', 'virsh resume', 'unpause'),
    ...row('start', 'virsh start', 'start'),
    ...row('stop --force', 'virsh destroy', 'stop'),
  ];
}
