// Runs one of the commands on files as a process of its own, with this host in the place of every guest.
// Arguments: the command's name, then what a person types after it.

import { asFault } from '../../../src/base/index.ts';
import { CliCommand } from '../../../src/cli/command-tree.ts';
import { exitCodeOf } from '../../../src/cli/exit-codes.ts';
import { Interrupt } from '../../../src/cli/interrupt.ts';
import type { Define } from '../../../src/cli/registry.ts';
import { Session } from '../../../src/cli/session.ts';
import type { ActOptions, Compute } from '../../../src/compute/index.ts';
import { Files } from '../../../src/guest/index.ts';
import { HostRoad } from '../../fakes/host-road.ts';

class HostSession extends Session {
  override async act<T>(work: (compute: Compute, options: ActOptions) => Promise<T>): Promise<T> {
    await using road = await HostRoad.open('gnu');
    const files = new Files(road);
    const compute = { guest: async () => ({ files }) } as unknown as Compute;
    return await work(compute, { signal: this.interrupt.signal });
  }
}

const DEFINES: Readonly<Record<string, () => Promise<Define>>> = {
  cp: async () => (await import('../../../src/cli/commands/cp.ts')).cp,
  cat: async () => (await import('../../../src/cli/commands/cat.ts')).cat,
  ls: async () => (await import('../../../src/cli/commands/ls.ts')).ls,
  edit: async () => (await import('../../../src/cli/commands/edit.ts')).edit,
  rm: async () => (await import('../../../src/cli/commands/rm.ts')).rm,
  mkdir: async () => (await import('../../../src/cli/commands/mkdir.ts')).mkdir,
  tail: async () => (await import('../../../src/cli/commands/tail.ts')).tail,
  sync: async () => (await import('../../../src/cli/commands/sync.ts')).sync,
};

using interrupt = new Interrupt(() => undefined);
const root = new CliCommand('novalet').option('-o, --output <format>', '', 'table').option('-q, --quiet', '');
const { stdin, stdout, stderr } = process;
const session = new HostSession(root, { stdin, stdout, stderr }, interrupt);
for (const [name, load] of Object.entries(DEFINES)) (await load())(root.command(name), session);
try {
  await root.parseAsync(process.argv);
} catch (error) {
  const fault = asFault(error);
  stderr.write(`${fault.code}: ${fault.message}\n`);
  process.exitCode = exitCodeOf(fault);
}
