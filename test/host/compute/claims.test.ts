// What fits on the host, with real processes that launch real guests, and turns that processes take.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Slots } from '../../../src/compute/claims/slots.ts';
import { openStore } from '../../../src/store/index.ts';
import { World } from '../support/world.ts';

const world = await World.make('reserved_host_memory_mb: 0\nmax_concurrent_builds: 3');
after(() => world[Symbol.asyncDispose]());

test('of five launches at once as many succeed as fit, the others are refused with the arithmetic, and leave nothing', {
  timeout: 600_000,
}, async () => {
  const image = await world.minimalImage();
  const compute = await world.compute();
  const { memoryMiB } = await compute.capacity();
  const third = Math.floor(memoryMiB.total / 3) + 1; // two fit, three do not
  const huge = { vcpus: 1, memoryMiB: third, rootGiB: 0, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ ...huge, name: 'third' });
  const names = ['one', 'two', 'three', 'four', 'five'];
  const results = await Promise.all(
    names.map((name) => world.novalet(['launch', image, '--flavor', 'third', '--name', name])),
  );
  assert.deepEqual(
    results.map(({ status }) => status).toSorted(),
    [0, 0, 6, 6, 6],
    results.map(({ stderr }) => stderr).join('\n'),
  );
  const refused = results.find(({ status }) => status === 6);
  assert.match(
    refused?.stderr ?? '',
    new RegExp(
      `does not fit on this host. It needs ${third} MiB of memory; of \\(\\d+ MiB - 0 MiB reserved\\) x 1`,
    ),
  );
  const left = await compute.list();
  assert.equal(left.length, 2);
  const now = await compute.capacity();
  assert.equal(now.memoryMiB.held, 2 * third);
  const shown = await world.novalet(['capacity']);
  assert.match(shown.stdout, new RegExp(`memory +\\d+ MiB +0 MiB +1 +\\d+ MiB +${2 * third} MiB`));
  for (const { instance } of left) await compute.delete(instance.id);
  assert.equal((await compute.capacity()).memoryMiB.held, 0);
});

test('no more work of a kind runs than the limit says, and a dead process holds no turn', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'nvt-slots-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'novalet.db');
  using first = openStore(path);
  using second = openStore(path);
  const limits = { builds: 2, snapshots: 1, conversions: 1 };
  const sides = [new Slots(first, limits), new Slots(second, limits)] as const;
  let inside = 0;
  let most = 0;
  const waited: string[] = [];
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  const onProgress = ({ what, phase }: { what: string; phase: string }) =>
    void waited.push(`${phase} ${what}`);
  await Promise.all(
    Array.from({ length: 8 }, (_unused, at) =>
      sides[at % 2 === 0 ? 0 : 1].run('builds', work, { onProgress }),
    ),
  );
  assert.equal(most, 2);
  assert.ok(waited.includes('begin waiting for a turn: 2 builds are under way'), waited.join('\n'));
  assert.deepEqual(first.leases.list(), []);

  // A process that ended takes its turns with it.
  const script = `import { openStore } from ${JSON.stringify(new URL('../../../src/store/index.ts', import.meta.url).href)};
    openStore(${JSON.stringify(path)}).leases.acquire('slot:snapshots:0', 'snapshots'); process.kill(process.pid, 'SIGKILL');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  await once(child, 'exit');
  assert.equal(first.leases.list().length, 1);
  assert.equal(await sides[0].run('snapshots', async () => 'done'), 'done');
});
