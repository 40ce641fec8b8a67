// novalet capacity
import { formatBytes } from '../../base/index.ts';
import type { Capacity, Resource, ResourceUse } from '../../compute/index.ts';
import type { Define } from '../registry.ts';
import { formatTable } from '../table.ts';

export const capacity: Define = (command, session) => {
  command
    .description('Show how much of this host instances may hold, and how much they hold.')
    .action(async () => {
      const found = await session.query((compute) => compute.capacity());
      await session.print({ data: capacityRecord(found), text: () => capacityTable(found) });
    });
};

const ROWS: readonly (readonly [Resource, string, string, (amount: number) => string])[] = [
  ['vcpus', 'vCPUs', 'vcpus', String],
  ['memoryMiB', 'memory', 'memory_mb', (amount) => `${amount} MiB`],
  ['diskBytes', 'disk', 'disk_bytes', formatBytes],
];

function capacityTable(found: Capacity): string {
  return formatTable({
    head: ['RESOURCE', 'TOTAL', 'RESERVED', 'RATIO', 'CAPACITY', 'HELD', 'FREE'],
    rows: ROWS.map(([resource, name, , words]) => {
      const { total, reserved, ratio, capacity: room, held, free } = found[resource];
      const shownFree = free < 0 ? `-${words(-free)}` : words(free);
      return [name, words(total), words(reserved), `${ratio}`, words(room), words(held), shownFree];
    }),
  });
}

function capacityRecord(found: Capacity): Readonly<Record<string, ResourceUse>> {
  return Object.fromEntries(ROWS.map(([resource, , key]) => [key, { ...found[resource] }]));
}
