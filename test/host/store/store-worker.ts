// Runs in a process of its own, started by store-process.ts: does what it is asked to a store.
import { closeSync, openSync, rmSync } from 'node:fs';
import { isFault, newUuid } from '../../../src/base/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { anInstance } from '../../unit/store/an-instance.ts';

const path = process.argv[2] ?? '';
let opened: Store | undefined;

process.on('message', (message: { readonly what: string; readonly argument: string }) => {
  if (message.what === 'reopen') {
    reopen(Number(message.argument));
    process.send?.('done');
    return;
  }
  opened ??= openStore(path);
  void answer(opened, message.what, message.argument).then((text) => process.send?.(text));
});
process.send?.('ready');

async function answer(store: Store, what: string, argument: string): Promise<string> {
  switch (what) {
    case 'acquire':
      store.leases.acquire(argument, 'test');
      return 'held';
    case 'take-over':
      return takeOver(store, argument);
    case 'hammer':
      return await hammer(store, Number(argument));
    case 'flavors':
      return String(store.flavors.list().length);
    default:
      throw new Error(`unknown question ${what}`);
  }
}

/** Opens the store, takes a number, keeps a record by it, and closes the store again, each time as the only one. */
function reopen(times: number): void {
  for (let time = 0; time < times; time += 1) {
    using store = openStore(path);
    store.transaction(() => {
      const number = store.instances.allocateNumber();
      store.instances.insert(anInstance({ id: newUuid(), number, name: `n${number}` }));
    });
  }
}

function takeOver(store: Store, key: string): string {
  const dead = store.leases.dead().find((lease) => lease.key === key);
  return dead !== undefined && store.leases.takeOver(dead, 'repair') !== undefined ? 'yes' : 'no';
}

/** Builds records under one of three leases; a file made exclusively shows whether a lease really excludes. */
async function hammer(store: Store, rounds: number): Promise<string> {
  let overlaps = 0;
  for (let round = 0; round < rounds; round += 1) {
    const key = `instance:${round % 3}`;
    using lease = await acquireOrTakeOver(store, key);
    overlaps += withMark(store, lease.key);
    if (round === 20) process.send?.('progress');
  }
  return `overlaps:${overlaps}`;
}

async function acquireOrTakeOver(store: Store, key: string) {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      return await store.leases.acquireWaiting(key, 'test', { timeoutMs: 60_000 });
    } catch (error) {
      if (!isFault(error, 'LEASE_ABANDONED')) throw error;
      const dead = store.leases.get(key);
      const taken =
        dead !== undefined && store.leases.hasDeadOwner(dead)
          ? store.leases.takeOver(dead, 'test')
          : undefined;
      if (taken !== undefined) {
        rmSync(markOf(store, key), { force: true }); // what the dead one left
        return taken;
      }
    }
  }
  throw new Error(`${key} was never free`);
}

function withMark(store: Store, key: string): number {
  const mark = markOf(store, key);
  try {
    closeSync(openSync(mark, 'wx'));
  } catch {
    return 1;
  }
  store.transaction(() => {
    const number = store.instances.allocateNumber();
    const id = newUuid();
    store.instances.insert(anInstance({ id, number, name: `name-${number}` }));
    const pairs = Array.from({ length: 4000 }, (_unused, index) => ({
      address: `10.0.${index >> 8}.${index & 255}`,
      mac: `fa:16:3e:00:0${(index >> 8).toString(16)}:${index & 255}`,
    }));
    store.addresses.allocate({ instanceId: id, pool: { network: 'n', pairs } });
  });
  rmSync(mark);
  return 0;
}

function markOf(store: Store, key: string): string {
  return `${store.path}.${key}.mark`;
}
