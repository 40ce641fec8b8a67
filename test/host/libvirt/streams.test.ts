// Consoles, channels and pictures of a domain: bytes both ways, their bounds, and how they end.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { isFault, within } from '../../../src/base/index.ts';
import { openConnection, type Stream } from '../../../src/libvirt/index.ts';
import { Machine } from './machine.ts';

const URI = 'qemu:///system';

function code(expected: string) {
  return (error: unknown) => {
    assert.ok(isFault(error), String(error));
    assert.equal(error.code, expected, error.message);
    return true;
  };
}

/** Reads until `size` bytes have come. */
async function take(stream: Stream, size: number): Promise<Buffer> {
  return await within(120_000, `${size} bytes`, async () => {
    const parts: Buffer[] = [];
    for (let seen = 0; seen < size; ) {
      const { done, value } = await stream.next();
      assert.ok(done !== true, 'the stream ended');
      parts.push(value);
      seen += value.byteLength;
    }
    return Buffer.concat(parts);
  });
}

/** Threads of this process that serve streams. */
function streamThreads(): number {
  const names = readdirSync('/proc/self/task').map((task) => {
    try {
      return readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim();
    } catch {
      return ''; // it has ended since
    }
  });
  return names.filter((name) => name === 'libvirt-stream').length;
}

async function threadsGone(): Promise<void> {
  await within(120_000, 'the threads of streams to end', async (signal) => {
    while (streamThreads() > 0) {
      signal.throwIfAborted();
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
}

/** A channel of a running machine, with both of its ends. */
async function channel(machine: Machine, maxUnread?: number) {
  const arriving = machine.peer();
  const stream = await machine.domain.openChannel('nvt.talk.0', maxUnread === undefined ? {} : { maxUnread });
  return { stream, peer: await arriving };
}

test('a console tells what the firmware says, and ends when the domain does', async () => {
  await using connection = await openConnection(URI);
  await using machine = await Machine.define(connection);
  const { domain } = machine;
  await assert.rejects(domain.openConsole(), code('LIBVIRT_STATE_CONFLICT'));
  await domain.start({ paused: true });
  await assert.rejects(domain.openConsole('nothing'), code('LIBVIRT_FAILED'));
  const first = await domain.openConsole();
  await assert.rejects(domain.openConsole(), code('LIBVIRT_FAILED')); // somebody has it
  const second = await domain.openConsole(undefined, { force: true });
  await assert.rejects(first.next(), code('LIBVIRT_FAILED'));
  await domain.resume();
  assert.ok((await take(second, 1)).length > 0);
  await second.write(Buffer.from('\r'));
  await domain.destroy();
  for await (const bytes of second) assert.ok(bytes.length > 0);
  await assert.rejects(second.write(Buffer.from('x')), code('LIBVIRT_ABORTED'));
});

test('a channel carries bytes both ways unchanged', async () => {
  await using connection = await openConnection(URI);
  await using machine = await Machine.define(connection);
  await machine.domain.start({ paused: true });
  const { stream, peer } = await channel(machine);
  await using _ = stream;
  const down = Buffer.alloc(1_500_000, 'down');
  peer.write(down);
  assert.ok((await take(stream, down.length)).equals(down));
  peer.resume();
  const up = Buffer.alloc(1_500_000, 'up and away');
  const arrived: Buffer[] = [];
  peer.on('data', (part: Buffer) => arrived.push(part));
  for (let at = 0; at < up.length; at += 300_000) await stream.write(up.subarray(at, at + 300_000));
  const ended = once(peer, 'end');
  await stream.finish();
  await ended;
  assert.ok(Buffer.concat(arrived).equals(up));
  assert.equal((await stream.next()).done, true);
});

test('a far end that does not read holds up the writer, and nobody else', async () => {
  await using connection = await openConnection(URI);
  await using machine = await Machine.define(connection);
  await machine.domain.start({ paused: true });
  const { stream, peer } = await channel(machine);
  const many = Array.from({ length: 5 }, () => Buffer.alloc(200_000));
  const stuck = Promise.allSettled(
    Array.from({ length: 40 }, async () => {
      for (const part of many) await stream.write(part);
    }),
  );
  // More than the sockets on the way take is not taken; others are refused, and the connection goes on.
  assert.equal((await machine.domain.state()).state, 'paused');
  stream.abort();
  const results = await stuck;
  const codes = new Set(
    results.map((result) => (result.status === 'rejected' ? result.reason.code : 'done')),
  );
  assert.deepEqual([...codes].sort(), ['LIBVIRT_ABORTED', 'LIBVIRT_QUEUE_FULL']);
  assert.equal((await machine.domain.state()).state, 'paused');
  peer.destroy();
  await threadsGone();
});

test('bytes that nobody reads end the stream, after those that were kept', async () => {
  await using connection = await openConnection(URI);
  await using machine = await Machine.define(connection);
  await machine.domain.start({ paused: true });
  const { stream, peer } = await channel(machine, 100_000);
  peer.write(Buffer.alloc(8_000_000));
  await new Promise((resolve) => peer.once('close', resolve)); // libvirt has let go of the far end
  let kept = 0;
  await assert.rejects(async () => {
    for await (const bytes of stream) kept += bytes.length;
  }, code('LIBVIRT_STREAM_OVERRUN'));
  assert.ok(kept > 0 && kept <= 100_000, String(kept));
});

test('a picture of the screen is read to its end', async () => {
  await using connection = await openConnection(URI);
  await using machine = await Machine.define(connection);
  await assert.rejects(machine.domain.screenshot(), code('LIBVIRT_STATE_CONFLICT'));
  await machine.domain.start();
  const { mimeType, stream } = await machine.domain.screenshot();
  assert.match(mimeType, /^image\/(png|x-portable-pixmap)$/);
  const parts: Buffer[] = [];
  for await (const bytes of stream) parts.push(bytes);
  const magic = Buffer.concat(parts).subarray(0, 4).toString('latin1');
  assert.match(magic, mimeType === 'image/png' ? /^\x89PNG/ : /^P6/);
  await assert.rejects(machine.domain.screenshot(7), code('LIBVIRT_STATE_CONFLICT'));
});

test('streams go with their connection, and leave no thread behind', async () => {
  await using witness = await openConnection(URI);
  await using machine = await Machine.define(witness);
  await machine.domain.start({ paused: true });
  const connection = await openConnection(URI);
  const domain = await connection.domainByUuid(machine.domain.uuid);
  const stream = await domain.openConsole();
  const reading = stream.next();
  const opening = domain.openChannel('nvt.talk.0');
  assert.ok(streamThreads() >= 2);
  const failed = Promise.all([
    assert.rejects(reading, code('LIBVIRT_CONNECTION_CLOSED')),
    assert.rejects(opening, code('LIBVIRT_CONNECTION_CLOSED')),
  ]);
  await connection.close();
  await failed;
  await assert.rejects(domain.openConsole(), code('LIBVIRT_CONNECTION_CLOSED'));
  await threadsGone();
  await using again = await machine.domain.openConsole(); // nobody has it any more
  again.abort();
  again.abort();
  assert.equal((await again.next()).done, true);
});
