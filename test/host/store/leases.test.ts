import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openStore, type Store } from '../../../src/store/index.ts';
import { StoreProcess } from './store-process.ts';

function aStore(context: TestContext): Store {
  const directory = mkdtempSync(join(tmpdir(), 'nvt-lease-'));
  const store = openStore(join(directory, 'novalet.db'));
  context.after(() => {
    store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return store;
}

test('a lease is held once, by this process too, and is free after its release', (context) => {
  const { leases } = aStore(context);
  {
    using lease = leases.acquire('instance:a', 'launch');
    assert.equal(lease.owner.pid, process.pid);
    assert.throws(() => leases.acquire('instance:a', 'delete'), {
      code: 'LEASE_HELD',
      message: new RegExp(`^Instance a is in use: process ${process.pid} does launch since `),
    });
    leases.acquire('instance:b', 'launch').release();
  }
  using again = leases.acquire('instance:a', 'delete');
  assert.equal(leases.get('instance:a')?.token, again.token);
});

test('a waiter gets the lease when it is released, and gives up in time', async (context) => {
  const { leases } = aStore(context);
  const first = leases.acquire('network:n', 'create');
  await assert.rejects(leases.acquireWaiting('network:n', 'create', { timeoutMs: 60 }), {
    code: 'LEASE_TIMEOUT',
    kind: 'timeout',
  });
  const stop = new AbortController();
  const cancelled = leases.acquireWaiting('network:n', 'create', { timeoutMs: 60_000, signal: stop.signal });
  stop.abort();
  await assert.rejects(cancelled, { code: 'CANCELLED' });
  const waiting = leases.acquireWaiting('network:n', 'wait', { timeoutMs: 10_000 });
  first.release();
  using second = await waiting;
  first.release(); // an old holding does not release a new one
  assert.equal(leases.get('network:n')?.token, second.token);
});

test('the lease of a killed process is dead at once, and one of many contenders takes it over', async (context) => {
  const store = aStore(context);
  await using victim = await StoreProcess.start(store.path);
  await victim.ask('acquire', 'instance:a');
  assert.throws(() => store.leases.acquire('instance:a', 'delete'), { code: 'LEASE_HELD' });
  assert.deepEqual(store.leases.dead(), []);
  await victim.kill();
  const dead = store.leases.dead();
  assert.deepEqual(
    dead.map((lease) => [lease.key, lease.owner.pid, lease.what]),
    [['instance:a', victim.pid, 'test']],
  );
  assert.throws(() => store.leases.acquire('instance:a', 'delete'), { code: 'LEASE_ABANDONED' });
  await assert.rejects(store.leases.acquireWaiting('instance:a', 'delete', { timeoutMs: 60_000 }), {
    code: 'LEASE_ABANDONED',
  });
  const contenders = await Promise.all(Array.from({ length: 4 }, () => StoreProcess.start(store.path)));
  try {
    const results = await Promise.all(contenders.map((each) => each.ask('take-over', 'instance:a')));
    assert.deepEqual(results.sort(), ['no', 'no', 'no', 'yes']);
    assert.deepEqual(store.leases.dead(), []);
    for (const lease of dead) {
      assert.throws(() => store.leases.takeOver({ ...lease, ...store.leases.list()[0] }, 'x'), {
        code: 'LEASE_HELD',
      });
      assert.equal(store.leases.takeOver(lease, 'x'), undefined);
    }
  } finally {
    await Promise.all(contenders.map((each) => each.kill()));
  }
});

test('a waiter whose work leaves nothing to repair takes a dead lease over', async (context) => {
  const store = aStore(context);
  await using victim = await StoreProcess.start(store.path);
  await victim.ask('acquire', 'base:a');
  const waiting = store.leases.acquireWaiting('base:a', 'prepare', { timeoutMs: 60_000, takeOverDead: true });
  await victim.kill();
  using lease = await waiting;
  assert.equal(store.leases.get('base:a')?.token, lease.token);
});

test('many processes, some killed in the middle: no lease has two holders, no number or address two owners', async (context) => {
  const store = aStore(context);
  const processes = await Promise.all(Array.from({ length: 6 }, () => StoreProcess.start(store.path)));
  try {
    const [first, second, ...others] = processes;
    // Those that are killed have ten times as much to do: they are not done before, also where the killing comes late.
    const rounds = (each: StoreProcess) => (each === first || each === second ? '1500' : '150');
    const answers = Promise.allSettled(processes.map((each) => each.ask('hammer', rounds(each))));
    await Promise.all([first, second].map((victim) => victim?.killAfterProgress()));
    const results = await answers;
    assert.equal(results.filter((result) => result.status === 'fulfilled').length, others.length);
    for (const result of results) if (result.status === 'fulfilled') assert.equal(result.value, 'overlaps:0');
  } finally {
    await Promise.all(processes.map((each) => each.kill()));
  }
  const instances = store.instances.list();
  assert.equal(new Set(instances.map(({ number }) => number)).size, instances.length);
  const addresses = store.addresses.inNetwork('n');
  assert.equal(new Set(addresses.map(({ address }) => address)).size, addresses.length);
  assert.deepEqual(
    addresses.map((one) => ('instanceId' in one ? one.instanceId : one.portId)).sort(),
    instances.map(({ id }) => id).sort(),
    'every record has its address, also those of the killed',
  );
  assert.ok(store.leases.dead().length <= 2);
  using usable = openStore(store.path);
  assert.ok(usable.instances.allocateNumber() > instances.length);
});

test('many processes make a new store at the same moment', async (context) => {
  const path = `${aStore(context).path}-new`;
  const processes = await Promise.all(Array.from({ length: 8 }, () => StoreProcess.start(path)));
  try {
    const counts = await Promise.all(processes.map((each) => each.ask('flavors', '')));
    assert.deepEqual(new Set(counts), new Set(['5']));
  } finally {
    await Promise.all(processes.map((each) => each.kill()));
  }
});
