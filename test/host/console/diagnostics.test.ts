// What a real guest uses, told in one view and as rates.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Compute } from '../../../src/compute/index.ts';
import { World } from '../support/world.ts';

const BOUND = { timeout: 240_000 };
let world: World;
let compute: Compute;

before(async () => {
  world = await World.make();
  const image = await world.minimalImage();
  compute = await world.compute();
  await compute.launch({ image, name: 'web' });
  await compute.waitFor('web', { kind: 'agent' });
}, BOUND);
after(() => world[Symbol.asyncDispose](), BOUND);

test('what the guest reads and computes is counted, and all is told in one view', BOUND, async () => {
  const before = await compute.diagnostics('web');
  const work =
    'dd if=/dev/vda of=/dev/null bs=1M count=8 iflag=direct 2>/dev/null || dd if=/dev/vda of=/dev/null bs=1M count=8; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done';
  await compute.exec('web', { argv: ['sh', '-c', work], via: 'agent' });
  const after = await compute.diagnostics('web');
  assert.equal(after.status, 'ACTIVE');
  assert.equal(after.agent, 'connected');
  assert.ok(after.uptimeS !== null && after.uptimeS >= 0);
  const [root] = after.disks;
  assert.equal(root?.target, 'vda');
  assert.ok((root?.readBytes ?? 0) - (before.disks[0]?.readBytes ?? 0) >= 8 * 1024 * 1024);
  assert.ok(after.cpu.timeNs > before.cpu.timeNs);
  assert.deepEqual(
    after.cpu.vcpus.map(({ id }) => id),
    [0],
  );
  assert.ok(after.memory.residentKiB > 0 && after.memory.maximumKiB > 0);
  assert.match(after.nics[0]?.mac ?? '', /^fa:16:3e:/);
  const shown = await world.novalet(['diagnostics', 'web']);
  assert.equal(shown.status, 0, shown.stderr);
  for (const part of [/CPU time/, /vda/, /fa:16:3e:/, /memory/]) assert.match(shown.stdout, part);
  const record = JSON.parse((await world.novalet(['diagnostics', 'web', '-o', 'json'])).stdout);
  assert.deepEqual([record.driver, record.num_disks, record.num_nics], ['libvirt', after.disks.length, 1]);
});

test('the busiest instance stands first, with its rates', BOUND, async () => {
  const looked = new AbortController();
  const argv = ['sh', '-c', ': >/run/busy; while :; do :; done'];
  const busy = compute.exec('web', { argv, via: 'agent' }, { signal: looked.signal });
  const outcome = assert.rejects(busy, { code: 'CANCELLED' });
  const begun = ['sh', '-c', 'until [ -e /run/busy ]; do sleep 0.1; done'];
  await compute.exec('web', { argv: begun, via: 'agent' });
  const { status, stdout, stderr } = await world.novalet(['top', '--once', '--interval', '1', '-o', 'json']);
  assert.equal(status, 0, stderr);
  const [first] = JSON.parse(stdout);
  assert.equal(first.name, 'web');
  assert.ok(first.cpu_percent > 1, stdout);
  assert.ok(first.resident_kib > 0);
  looked.abort();
  await outcome;
  const table = await world.novalet(['top', '--interval', '0.2']);
  assert.match(table.stdout, /^NAME +CPU % +MEMORY/);
});

test('one that is off uses nothing that could be told', BOUND, async () => {
  await compute.stop('web', { force: true });
  await assert.rejects(compute.diagnostics('web'), { code: 'INSTANCE_STATE_CONFLICT' });
  assert.deepEqual((await compute.usage()).instances, []);
  const { stdout } = await world.novalet(['top', '--once', '--interval', '0.1', '-o', 'json']);
  assert.deepEqual(JSON.parse(stdout), []);
});
