// The shape of a stored NUMA placement.
import { aBoolean, anInteger, anObject, listOf, orNull, type Shape } from '../base/index.ts';
import type { CpuPin, NumaPlacement, PlacedCell } from '../model/index.ts';

const pinShape: Shape<CpuPin> = anObject({ vcpu: anInteger, cpu: anInteger });

const cellShape: Shape<PlacedCell> = anObject({
  hostCell: orNull(anInteger),
  memoryMiB: anInteger,
  pins: listOf(pinShape),
  floating: listOf(anInteger),
  floatingCpus: listOf(anInteger),
  pageSizeKiB: orNull(anInteger),
  hasHugePages: aBoolean,
  heldCpus: listOf(anInteger),
});

export const placementShape: Shape<NumaPlacement> = anObject({
  cells: listOf(cellShape),
  emulatorCpus: listOf(anInteger),
  realtimeVcpus: listOf(anInteger),
  isMemoryShared: aBoolean,
  isMemoryLocked: aBoolean,
});
