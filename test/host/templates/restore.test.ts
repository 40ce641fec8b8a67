// Clones of one saved guest: they run side by side, nothing of the template changes, and what goes wrong leaves nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { type RestoreWay, restoreClone } from '../../../src/compute/templates/restore-clone.ts';
import { type Connection, openConnection, type Subscription } from '../../../src/libvirt/index.ts';
import { runInGuest } from '../support/ask-agent.ts';
import { World } from '../support/world.ts';
import { type PlannedClone, resume, SavedGuest } from './saved-guest.ts';

const URI = 'qemu:///system';
const PROGRAM = join(import.meta.dirname, 'restore-and-die.ts');

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let connection: Connection;
let saved: SavedGuest;
let digest: string;

before(async () => {
  connection = await openConnection(URI);
  saved = await SavedGuest.make(
    world,
    connection,
    'echo shared > /tmp/word; echo shared | dd of=/dev/vda conv=notrunc,fsync',
  );
  digest = await saved.digest();
});
after(() => connection.close());

function code(expected: string): (error: unknown) => boolean {
  return (error) => isFault(error, expected);
}

async function running(): Promise<readonly string[]> {
  const names = (await connection.listDomains({ active: true })).map(({ name }) => name);
  return names.filter((name) => name.startsWith(`${world.prefix}-clone`));
}

/** Hears events until their subscription ends. */
function toldOf(events: Subscription, uuid: string, wanted: string): { readonly isTold: boolean } {
  const told = { isTold: false };
  const hear = async () => {
    for await (const event of events) {
      if (event.kind === 'lifecycle' && event.uuid === uuid && event.event === wanted) told.isTold = true;
    }
  };
  void hear();
  return told;
}

async function destroy({ request: { uuid } }: PlannedClone): Promise<void> {
  await (await connection.domainByUuid(uuid)).destroy();
}

test('two clones of one saved guest answer, write what the other does not see, and leave the template as it was', async () => {
  const clones = [await saved.plan(), await saved.plan()];
  const ways = await Promise.all(clones.map(({ request }) => restoreClone(connection, request)));
  assert.ok(!ways.includes('copy'), String(ways));
  for (const [at, { domainName, request }] of clones.entries()) {
    const domain = await connection.domainByUuid(request.uuid);
    assert.equal(domain.name, domainName);
    assert.equal((await domain.state()).state, 'paused');
    await resume(connection, request.uuid);
    const own = `own${at}`;
    const look = 'cat /tmp/word; head -c 6 /dev/vda';
    assert.equal(await runInGuest(domainName, look), 'shared\nshared');
    await runInGuest(
      domainName,
      `echo ${own} > /tmp/word; printf ${own} | dd of=/dev/vda conv=notrunc,fsync`,
    );
  }
  for (const [at, { domainName }] of clones.entries()) {
    const look = 'cat /tmp/word; head -c 4 /dev/vda';
    assert.equal(await runInGuest(domainName, look), `own${at}\nown${at}`);
  }
  await Promise.all(clones.map(destroy));
  assert.equal(await saved.digest(), digest);
});

test('a domain that is defined before stays defined after its restored life', async () => {
  const clone = await saved.plan();
  const domain = await connection.defineDomain(clone.request.xml);
  await restoreClone(connection, clone.request);
  assert.equal(await domain.isPersistent(), true);
  await assert.rejects(restoreClone(connection, clone.request), code('LIBVIRT_STATE_CONFLICT'));
  assert.deepEqual(await running(), [clone.domainName]);
  await domain.destroy();
  assert.equal((await domain.state()).state, 'shutoff');
  await domain.undefine();
});

test('where libvirt does not take the memory in one way it gets it in another, and no copy stays', async () => {
  const ways: readonly [RestoreWay, ...RestoreWay[]] = ['pipe-twice', 'copy'];
  const clone = await saved.plan();
  const { libvirt } = await connection.versions();
  const expected = Number.parseInt(libvirt, 10) < 11 ? ['copy'] : ['copy', 'pipe-twice'];
  assert.ok(expected.includes(await restoreClone(connection, clone.request, ways)));
  assert.deepEqual(await running(), [clone.domainName]);
  await destroy(clone);
  assert.deepEqual((await readdir(clone.directory)).sort(), ['console.log', 'disk']);
});

test('a clone that libvirt refuses leaves nothing', async () => {
  const clone = await saved.plan({ disk: join(world.stateDir, 'no-such-disk') });
  await assert.rejects(restoreClone(connection, clone.request), isFault);
  assert.deepEqual(await running(), []);
  assert.deepEqual(
    (await readdir(clone.directory)).filter((name) => name.startsWith('memory')),
    [],
  );
  assert.equal(await connection.findDomain({ uuid: clone.request.uuid }), undefined);
});

test('a restore that is cancelled, or takes too long, leaves nothing', async () => {
  const late = await saved.plan({ timeoutMs: 1 });
  await assert.rejects(restoreClone(connection, late.request), code('TEMPLATE_RESTORE_TIMEOUT'));
  const stopped = await saved.plan({ signal: AbortSignal.timeout(20) }); // QEMU alone takes longer to start
  await assert.rejects(restoreClone(connection, stopped.request), code('CANCELLED'));
  await assert.rejects(restoreClone(connection, stopped.request, ['copy']), code('CANCELLED'));
  assert.deepEqual(await running(), []);
  assert.equal(await saved.digest(), digest);
});

test('a process that is killed while it feeds libvirt leaves no call that hangs', async () => {
  const clone = await saved.plan();
  const { request, domainName } = clone;
  await using events = await connection.subscribe();
  const child = spawn(process.execPath, [PROGRAM, URI, request.image.path, request.uuid], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.end(request.xml);
  while ((await connection.findDomain({ uuid: request.uuid })) === undefined) {
    assert.equal(child.exitCode, null);
  }
  child.kill('SIGKILL');
  // Where the kill came too late the clone is there, and whole; otherwise libvirt takes it back by itself.
  const late = toldOf(events, request.uuid, 'suspended');
  while ((await connection.findDomain({ uuid: request.uuid })) !== undefined) {
    if (late.isTold) await destroy(clone);
  }
  await restoreClone(connection, request); // nothing in libvirt holds its name any more
  assert.deepEqual(await running(), [domainName]);
  await destroy(clone);
});
