// Disks that are no files: a block device of the host, a real qemu-nbd by TCP and by a unix socket, and a real iSCSI target. What the guest writes lies on the
// server; a disk whose server is gone can be detached all the same.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, existsSync } from 'node:fs';
import { chmod, open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MIB } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { freePort } from '../support/free-port.ts';
import { World } from '../support/world.ts';
import { GuestWithDisks, NAME } from './guest-with-disks.ts';

const world = await World.make();
const servers: ChildProcess[] = [];
after(async () => {
  for (const server of servers) await ended(server);
  await world[Symbol.asyncDispose]();
});

let guest: GuestWithDisks;
let compute: Compute;

before(async () => {
  guest = await GuestWithDisks.launch(world);
  compute = guest.compute;
});

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const end = once(server, 'exit');
  server.kill('SIGKILL');
  await end;
}

async function disk(name: string): Promise<string> {
  const path = join(world.stateDir, name);
  await writeFile(path, '');
  await truncate(path, 4 * MIB);
  return path;
}

/** Runs until the end of the test; resolves when it answers. */
async function serve(
  program: string,
  args: readonly string[],
  answers: () => Promise<unknown>,
): Promise<ChildProcess> {
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  servers.push(server);
  await once(server, 'spawn');
  for (;;) {
    assert.equal(server.exitCode, null, `${program} ended`);
    try {
      await answers();
      return server;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50)); // asked again until it answers
    }
  }
}

async function textOn(path: string): Promise<string> {
  await using file = await open(path, 'r');
  const { buffer } = await file.read(Buffer.alloc(512), 0, 512, 0);
  return buffer.toString('utf8').trim();
}

test('a block device of the host is a disk, unless something on the host has it', async (t) => {
  const file = await disk('block.raw');
  if (!existsSync('/dev/loop-control')) return t.skip('this machine has no loop devices');
  const { stdout } = await runProgram('losetup', ['--find', '--show', file]);
  const device = stdout.trim();
  t.after(() => runProgram('losetup', ['--detach', device]));
  const source = { kind: 'block', path: device } as const;
  const holder = await open(device, constants.O_RDONLY | constants.O_EXCL);
  await assert.rejects(compute.disks.attach(NAME, { source }), { code: 'BLOCK_DEVICE_BUSY' });
  await holder.close();
  const attached = await compute.disks.attach(NAME, { source });
  assert.equal(attached.sizeBytes, 4 * MIB);
  await guest.write(await guest.deviceOf(attached), 'on a device');
  await compute.disks.detach(NAME, attached.target);
  assert.equal(await textOn(device), 'on a device');
  await assert.rejects(compute.disks.attach(NAME, { source: { kind: 'block', path: file } }), {
    code: 'NOT_A_BLOCK_DEVICE',
  });
});

test('a disk of an NBD server is the guest’s until it is detached, and the server has what was written', async () => {
  const file = await disk('nbd.raw');
  const port = await freePort();
  const args = ['-f', 'raw', '-t', '-e', '8', '-b', '127.0.0.1', '-p', String(port), '-x', 'data', file];
  await serve('qemu-nbd', args, () => runProgram('qemu-img', ['info', `nbd://127.0.0.1:${port}/data`]));
  const source = { kind: 'nbd', server: { host: '127.0.0.1', port }, exportName: 'data' } as const;
  const attached = await compute.disks.attach(NAME, { source });
  assert.equal(attached.sizeBytes, 4 * MIB);
  const device = await guest.deviceOf(attached);
  await guest.write(device, 'over TCP');
  await assert.rejects(compute.disks.attach(NAME, { source }), { code: 'DISK_IN_USE' });
  await assert.rejects(compute.disks.grow(NAME, attached.target, 8 * MIB), { code: 'DISK_NOT_GROWABLE' });
  await compute.disks.detach(NAME, attached.target);
  assert.equal(await textOn(file), 'over TCP');
  const again = await compute.disks.attach(NAME, { source });
  assert.equal(await guest.read(await guest.deviceOf(again)), 'over TCP');
  await compute.disks.detach(NAME, again.target);
});

test('a disk whose server is gone goes too, while the guest runs and while it is off', async () => {
  const file = await disk('unix.raw');
  const socket = join(world.stateDir, 'nbd.sock');
  const answers = async () => {
    await runProgram('qemu-img', ['info', `nbd+unix:///?socket=${socket}`]);
    await chmod(socket, 0o666); // QEMU is another user
  };
  const args = ['-f', 'raw', '-t', '-e', '8', '-k', socket, file];
  const server = await serve('qemu-nbd', args, answers);
  await chmod(world.stateDir, 0o711);
  const source = { kind: 'nbd', server: { socket }, exportName: '' } as const;
  const attached = await compute.disks.attach(NAME, { source });
  await guest.write(await guest.deviceOf(attached), 'over a socket');
  await ended(server);
  assert.equal(await textOn(file), 'over a socket');
  assert.equal((await guest.list()).find(({ id }) => id === attached.id)?.isAttached, true);
  await compute.disks.detach(NAME, attached.target);
  await assert.rejects(compute.disks.attach(NAME, { source }), { code: 'DISK_SERVER_UNREACHABLE' });
  await serve('qemu-nbd', args, answers);
  const off = await compute.disks.attach(NAME, { source });
  await compute.stop(NAME, { force: true });
  for (const one of servers) await ended(one);
  await compute.disks.detach(NAME, off.target);
  assert.equal(
    (await guest.list()).some(({ id }) => id === off.id),
    false,
  );
  await compute.start(NAME);
  await guest.booted();
});

test('a unit of an iSCSI target is a disk, by QEMU’s own initiator', async () => {
  const file = await disk('iscsi.raw');
  const port = await freePort();
  const control = String(20_000 + (process.pid % 10_000));
  const admin = async (...words: readonly string[]) =>
    await runProgram('tgtadm', ['-C', control, '--lld', 'iscsi', ...words]);
  const target = 'iqn.2026-11.example:disks';
  await serve('tgtd', ['-f', '-C', control, '--iscsi', `portal=127.0.0.1:${port}`], () =>
    admin('--mode', 'target', '--op', 'show'),
  );
  await admin('--mode', 'target', '--op', 'new', '--tid', '1', '-T', target);
  await admin('--mode', 'logicalunit', '--op', 'new', '--tid', '1', '--lun', '1', '-b', file);
  await admin('--mode', 'target', '--op', 'bind', '--tid', '1', '-I', 'ALL');
  const source = { kind: 'iscsi', host: '127.0.0.1', port, target, lun: 1 } as const;
  const attached = await compute.disks.attach(NAME, { source });
  assert.equal(attached.sizeBytes, 4 * MIB);
  await guest.write(await guest.deviceOf(attached), 'over iSCSI');
  await compute.disks.detach(NAME, attached.target);
  assert.equal(await textOn(file), 'over iSCSI');
});
