// What the switches of docs/hardware.md gain, each on and off in guests that are otherwise the same.
import type { Bench } from './measure.ts';
import { measureDiscard, measureServing } from './switches-of-disks.ts';
import { measureMemory } from './switches-of-memory.ts';

export const run: Bench = async () => [
  ...(await measureDiscard()),
  ...(await measureServing()),
  ...(await measureMemory()),
];
