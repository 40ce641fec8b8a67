// Giving free memory back before it is saved. Pages that the balloon takes are let go of by QEMU and come back as zeroes: the
// image has less to hold, and nothing of programs that have ended is left in it.
import { delay } from '../../base/index.ts';
import type { Domain } from '../../libvirt/index.ts';
import type { Instance } from '../../model/index.ts';
import type { Tools } from '../tools.ts';

/** What the guest is left besides what it uses. */
const MARGIN_KIB = 48 * 1024;
/** Slow guests give back 100 MiB a second. */
const MOVE_MS = 15_000;
const LOOK_MS = 50;

/** `usedKiB`: what programs and the kernel use, without caches. A guest that does not follow keeps what it has. */
export async function shrinkMemory(
  tools: Tools,
  instance: Instance,
  { domain, usedKiB, signal }: { domain: Domain; usedKiB: number; signal: AbortSignal | undefined },
): Promise<void> {
  const wholeKiB = instance.flavor.memoryMiB * 1024;
  const leastKiB = Math.min(wholeKiB, usedKiB + MARGIN_KIB);
  if (!instance.hardware.options.balloon || leastKiB === wholeKiB) return;
  try {
    await moveBalloon(domain, leastKiB, signal);
  } finally {
    await moveBalloon(domain, wholeKiB, undefined);
    const { memoryKiB } = await domain.info();
    const facts = { instance: instance.id, leastKiB, wholeKiB, memoryKiB };
    if (memoryKiB !== wholeKiB) tools.log.warn(facts, 'the balloon of a guest has not gone back');
  }
}

async function moveBalloon(domain: Domain, kiB: number, signal: AbortSignal | undefined): Promise<void> {
  await domain.setMemory(kiB, { live: true });
  const until = performance.now() + MOVE_MS;
  while ((await domain.info()).memoryKiB !== kiB && performance.now() < until) await delay(LOOK_MS, signal);
}
