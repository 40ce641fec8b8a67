// A process that places guests on a made-up host, each in one transaction with its record, until none fits any more.
import { randomUUID } from 'node:crypto';
import { isFault } from '../../../src/base/index.ts';
import { fitOntoHost } from '../../../src/compute/numa/fit-host.ts';
import { hostRoom } from '../../../src/compute/numa/host-room.ts';
import type { HostCell } from '../../../src/libvirt-xml/index.ts';
import type { NumaRequest } from '../../../src/model/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { anInstance } from '../../unit/store/an-instance.ts';

/** Two cells with eight cores of two threads each. */
const CELLS: readonly HostCell[] = [0, 1].map((id) => ({
  id,
  memoryKiB: 64 * 1024 ** 2,
  pages: [],
  cpus: Array.from({ length: 16 }, (_unused, index) => {
    const core = id * 8 + (index % 8);
    return { id: core + (index < 8 ? 0 : 16), socket: id, core, siblings: [core, core + 16] };
  }),
}));

const REQUEST: NumaRequest = {
  cells: [{ pinned: [0, 1], floating: [], memoryMiB: 512 }],
  cpuPolicy: 'dedicated',
  threadPolicy: null,
  emulatorThreads: null,
  pageSize: null,
  realtimeVcpus: [],
  isMemoryLocked: false,
};

function placeOne(store: Store): void {
  store.transaction(() => {
    const instances = store.instances.list();
    const room = hostRoom({
      cells: CELLS,
      hugePages: new Map(),
      dedicatedSet: null,
      sharedSet: null,
      instances,
    });
    const id = randomUUID();
    const numa = fitOntoHost(REQUEST, room);
    store.instances.insert(
      anInstance({ id, name: id, number: store.instances.allocateNumber(), ports: [], numa }),
    );
  });
}

function placeAll(path: string): number {
  using store = openStore(path);
  for (let placed = 0; ; placed += 1) {
    try {
      placeOne(store);
    } catch (error) {
      if (isFault(error, 'NUMA_NO_ROOM')) return placed;
      throw error;
    }
  }
}

process.once('message', (path: unknown) => {
  process.send?.(placeAll(String(path)));
  process.disconnect();
});
process.send?.('ready');
