// An image of a running guest whose root disk holds 2 GiB, against qemu-img convert of the same disk to the same kind of
// file, with the guest as it is; alternating, in one run. Both begin with nothing of it in the host's cache, where a guest
// that runs with cache=none leaves nothing either, and end with the data on the disk: the image is flushed and recorded besides.
import { randomFillSync } from 'node:crypto';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GIB, MIB } from '../../src/base/index.ts';
import type { Compute } from '../../src/compute/index.ts';
import { runProgram } from '../../src/hostlink/index.ts';
import { World } from '../host/support/world.ts';
import { type Bench, compared, limited, median, timed } from './measure.ts';

const ROUNDS = 5;
/** Of the root disk's 2 GiB: noise in the base, and what a guest wrote since in the overlay. */
const NOISE_BYTES = 1536 * MIB;

export const run: Bench = async () => {
  await using world = await World.make();
  const { compute, disk } = await bigGuest(world);
  const byHand = join(world.stateDir, 'by-hand.qcow2');
  const ours: number[] = [];
  const converted: number[] = [];
  const moments: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await forgetFiles();
    converted.push(await timed(() => convert(disk, byHand)));
    await rm(byHand);
    await forgetFiles();
    const { ms, momentMs } = await imaged(compute, `round-${round}`);
    ours.push(ms);
    moments.push(momentMs);
    await compute.images.remove(`round-${round}`);
  }
  return [
    compared('live image of a 2 GiB disk, against qemu-img convert of the same', {
      unit: 'ms',
      ours: median(ours),
      baseline: median(converted),
      goal: 1.3,
    }),
    limited('of it, until the moment that the image shows', {
      unit: 'ms',
      ours: median(moments),
      goal: null,
    }),
  ];
};

async function bigGuest(world: World): Promise<{ readonly compute: Compute; readonly disk: string }> {
  await world.minimalImage();
  const compute = await world.compute();
  const source = join(world.stateDir, 'noise.raw');
  await using file = await open(source, 'wx');
  await file.truncate(2 * GIB);
  const noise = Buffer.alloc(MIB);
  for (let at = 0; at < NOISE_BYTES; at += MIB) await file.write(randomFillSync(noise), 0, MIB, at);
  const { properties } = await compute.images.show('minimal');
  await compute.images.add({ source, name: 'noise', diskFormat: 'raw', properties });
  await rm(source);
  const sizes = { vcpus: 1, memoryMiB: 256, rootGiB: 2, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ name: 'noisy', ...sizes });
  const { id } = await compute.launch({ image: 'noise', name: 'noisy', flavor: 'noisy' });
  await compute.waitFor('noisy', { kind: 'agent' });
  const fill = 'dd if=/dev/urandom of=/dev/vda bs=1M count=128 conv=fsync';
  const { exitCode } = await compute.exec('noisy', { argv: ['sh', '-c', fill] });
  if (exitCode !== 0) throw new Error('the guest did not write');
  return { compute, disk: join(world.stateDir, 'state', 'instances', id, 'disk') };
}

/** Written out first, so that neither side pays for what came before it. */
async function forgetFiles(): Promise<void> {
  await runProgram('sync', [], { timeoutMs: 120_000 });
  await writeFile('/proc/sys/vm/drop_caches', '1');
}

async function convert(from: string, to: string): Promise<void> {
  const args = ['convert', '-U', '-t', 'writeback', '-f', 'qcow2', '-O', 'qcow2', from, to];
  await runProgram('qemu-img', args, { timeoutMs: 600_000 });
}

async function imaged(compute: Compute, name: string): Promise<{ ms: number; momentMs: number }> {
  const start = performance.now();
  let momentMs = Number.NaN;
  const onProgress = ({ step, phase }: { step: string; phase: string }) => {
    if (step === 'copy-begin' && phase === 'end') momentMs = performance.now() - start;
  };
  const ms = await timed(() => compute.createImage('noisy', { name, quiesce: 'never' }, { onProgress }));
  return { ms, momentMs };
}
