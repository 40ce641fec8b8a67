import assert from 'node:assert/strict';
import test from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { NativeStream } from '../../../src/libvirt/native-domain.ts';
import { Stream } from '../../../src/libvirt/stream.ts';

/** An error as the addon makes them. */
function failure(name: string): Error {
  return Object.assign(new Error('so it said'), { failure: name, begun: false });
}

/** The far end of a stream: takes writes when it is told to, and gives what it was given. */
class FarEnd implements NativeStream {
  readonly taken: number[] = [];
  readonly given: (Uint8Array | Error)[] = [];
  aborted = 0;
  #waiting: (() => void)[] = [];

  async read(): Promise<Uint8Array | undefined> {
    const next = this.given.shift();
    if (next instanceof Error) throw next;
    return next;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    await promise;
    this.taken.push(bytes.byteLength);
  }

  async finish(): Promise<void> {
    throw failure('aborted');
  }

  abort(): void {
    this.aborted += 1;
  }

  takeAll(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function stream() {
  const farEnd = new FarEnd();
  return { farEnd, stream: new Stream(farEnd, 'the console of domain a') };
}

test('bytes are read as they come, until the end', async () => {
  const { farEnd, stream: console } = stream();
  farEnd.given.push(Buffer.from('one'), new TextEncoder().encode('two'));
  const read: string[] = [];
  for await (const bytes of console) read.push(bytes.toString());
  assert.deepEqual(read, ['one', 'two']);
});

test('a loop that is left aborts the stream, and nothing more is read', async () => {
  const { farEnd, stream: console } = stream();
  farEnd.given.push(Buffer.from('one'), Buffer.from('two'));
  for await (const bytes of console) {
    assert.equal(bytes.toString(), 'one');
    break;
  }
  assert.equal(farEnd.aborted, 1);
  assert.equal((await console.next()).done, true);
  assert.equal(farEnd.given.length, 1);
});

test('a large write goes in parts that libvirt takes', async () => {
  const { farEnd, stream: console } = stream();
  const writing = console.write(new Uint8Array(300 * 1024));
  farEnd.takeAll();
  await writing;
  assert.deepEqual(farEnd.taken, [128 * 1024, 128 * 1024, 44 * 1024]);
});

test('more than a mebibyte that was not taken is refused, and room comes back', async () => {
  const { farEnd, stream: console } = stream();
  const first = console.write(new Uint8Array(1024 * 1024));
  await assert.rejects(console.write(new Uint8Array(1)), (error) => isFault(error, 'LIBVIRT_QUEUE_FULL'));
  farEnd.takeAll();
  await first;
  const second = console.write(new Uint8Array(1));
  farEnd.takeAll();
  await second;
});

test('an overrun and an abortion are told apart', async () => {
  const { farEnd, stream: console } = stream();
  farEnd.given.push(failure('overrun'));
  await assert.rejects(console.next(), (error) => {
    assert.ok(isFault(error, 'LIBVIRT_STREAM_OVERRUN'));
    assert.match(error.message, /^Could not read the console of domain a: so it said/);
    return true;
  });
  await assert.rejects(console.finish(), (error) => isFault(error, 'LIBVIRT_ABORTED'));
});
