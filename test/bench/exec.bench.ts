// `true` inside a guest, through the library and through virsh: started, then asked about until it has ended.
import { type Domain, openConnection } from '../../src/libvirt/index.ts';
import { World } from '../host/support/world.ts';
import { type Bench, compared, limited, median, timed } from './measure.ts';
import { execByVirsh } from './virsh-exec.ts';

const ROUNDS = 40;

export const run: Bench = async () => {
  await using world = await World.make();
  const image = await world.minimalImage();
  const compute = await world.compute();
  const { id } = await compute.launch({ image });
  await compute.waitFor(id, { kind: 'agent' });
  await using connection = await openConnection('qemu:///system');
  const domain = await connection.domainByUuid(id);
  const floor: number[] = [];
  const ours: number[] = [];
  const virsh: number[] = [];
  const commandLine: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await timed(() => compute.exec(id, { argv: ['/bin/true'], via: 'agent' })));
    virsh.push(await timed(() => execByVirsh(id)));
    floor.push(await timed(() => execByBareCalls(domain)));
    if (round % 4 === 0) commandLine.push(await timed(() => world.novalet(['exec', id, '--', '/bin/true'])));
  }
  const guest = median(floor);
  return [
    compared('exec true, library against virsh polled until it ended', {
      unit: 'ms',
      ours: median(ours),
      baseline: median(virsh),
      goal: 0.65,
    }),
    limited("exec true, the guest's floor: bare agent calls, asked again at once", {
      unit: 'ms',
      ours: guest,
      goal: null,
    }),
    limited("exec true, the host's own share above that floor", {
      unit: 'ms',
      ours: median(ours) - guest,
      goal: null,
    }),
    limited('exec true, command line', { unit: 'ms', ours: median(commandLine), goal: null }),
  ];
};

/** The same over a connection that is open, with nothing of the library in between. */
async function execByBareCalls(domain: Domain): Promise<void> {
  const call = async (execute: string, args: object): Promise<unknown> => {
    const reply = await domain.agentCommand(JSON.stringify({ execute, arguments: args }), 10);
    return (JSON.parse(reply) as { return: unknown }).return;
  };
  const { pid } = (await call('guest-exec', { path: '/bin/true', 'capture-output': true })) as {
    pid: number;
  };
  for (let polls = 0; polls < 10_000; polls += 1) {
    const { exited } = (await call('guest-exec-status', { pid })) as { exited: boolean };
    if (exited) return;
  }
  throw new Error('true never ended');
}
