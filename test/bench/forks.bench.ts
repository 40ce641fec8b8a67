// Twenty forks of one fixture, which go on from a template's memory, beside clones of a stopped guest, which boot: each until
// its agent answers, one after the other.
import type { Compute } from '../../src/compute/index.ts';
import { GuestFixture, type RunningTest } from '../../src/testing/index.ts';
import { World } from '../host/support/world.ts';
import { alternate, timesOf } from './alternate.ts';
import { type Bench, compared, limited, median, percentile, timed } from './measure.ts';

const FORKS = 20;
const GOAL = 0.2;

export const run: Bench = async () => {
  await using world = await World.make();
  const image = await world.minimalImage();
  const compute = await world.compute();
  await using fixture = new GuestFixture({ image, host: { configFile: world.configFile } });
  const making = await timed(() => fixture.ready('/bench.test.ts'));
  await launchFirst(compute, image);
  const sides = await alternate(
    FORKS,
    async () => ({ agent: await timeFork(fixture) }),
    async () => ({ agent: await timeClone(compute) }),
  );
  const [ours, bare] = [timesOf(sides.ours, 'agent'), timesOf(sides.bare, 'agent')];
  const name = 'fork of a fixture until its agent answers, against a clone that boots';
  return [
    compared(`${name}, p50`, { unit: 'ms', ours: median(ours), baseline: median(bare), goal: GOAL }),
    compared(`${name}, p95`, {
      unit: 'ms',
      ours: percentile(ours, 0.95),
      baseline: percentile(bare, 0.95),
      goal: null,
    }),
    limited("the fixture's template: boot, saving, checksums", { unit: 'ms', ours: making, goal: null }),
  ];
};

async function launchFirst(compute: Compute, image: string): Promise<void> {
  const { id } = await compute.launch({ image, name: 'first' });
  await compute.waitFor(id, { kind: 'agent' });
  await compute.stop(id);
}

/** Without its removal. */
async function timeFork(fixture: GuestFixture): Promise<number> {
  const ends: ((hasFailed: boolean) => Promise<void>)[] = [];
  const test: RunningTest = {
    file: '/bench.test.ts',
    name: 'a fork',
    atEnd: (act) => ends.push(act),
    tell: () => undefined,
  };
  const took = await timed(() => fixture.fork(test));
  for (const end of ends) await end(false);
  return took;
}

async function timeClone(compute: Compute): Promise<number> {
  const took = await timed(async () => {
    const { instance } = await compute.clone('first', { name: 'cloned' });
    await compute.waitFor(instance.id, { kind: 'agent' });
  });
  await compute.delete('cloned');
  return took;
}
