// A guest for one test: a clone of one that is ready, until its agent answers, beside a launch from the image.
import type { Compute } from '../../src/compute/index.ts';
import { alternate, type Times, timesOf } from './alternate.ts';
import type { BareGuest } from './bare-guest.ts';
import { compared, limited, type Measurement, median, timed } from './measure.ts';

const ROUNDS = 3;

/** Leaves the guest off. */
export async function measureForks({ compute, id }: BareGuest): Promise<readonly Measurement[]> {
  const { instance } = await compute.show(id);
  const image = instance.image.name;
  await compute.stop(id, { force: true });
  const sides = await alternate(
    ROUNDS,
    () => untilReady(compute, () => compute.clone(id, { name: 'fork' })),
    () => untilReady(compute, () => compute.launch({ image, name: 'fork' })),
  );
  const of = (side: 'ours' | 'bare', what: string) => median(timesOf(sides[side], what));
  const row = (end: string, what: string) =>
    compared(`fork: clone of a stopped guest until its ${end}, against a launch`, {
      unit: 'ms',
      ours: of('ours', what),
      baseline: of('bare', what),
      goal: null,
    });
  const boot = of('ours', 'agent') - of('ours', 'domain');
  return [
    row('agent answers', 'agent'),
    row('domain runs', 'domain'),
    limited("fork: the guest's own boot", { unit: 'ms', ours: boot, goal: null }),
  ];
}

async function untilReady(compute: Compute, make: () => Promise<unknown>): Promise<Times> {
  const domain = await timed(make);
  const rest = await timed(() => compute.waitFor('fork', { kind: 'agent' }));
  await compute.delete('fork');
  return { domain, agent: domain + rest };
}
