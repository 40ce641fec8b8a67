// Two connections made one: no faster than either side takes, and each direction ends by itself.
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { join } from '../../../../src/compute/forward/join.ts';

const PIECE = 16 * 1024;

/** One end of a connection, whose far side is the test. */
class End extends Duplex {
  /** What the far side was asked for, and what it was given. */
  asked = 0;
  readonly taken: string[] = [];
  isEnded = false;
  #hold: (() => void) | undefined;
  readonly #isSlow: boolean;
  readonly #isEndless: boolean;

  constructor({ isSlow = false, isEndless = false } = {}) {
    super({ allowHalfOpen: true });
    this.#isSlow = isSlow;
    this.#isEndless = isEndless;
  }

  override _read(): void {
    if (!this.#isEndless) return;
    this.asked += 1;
    this.push(Buffer.alloc(PIECE));
  }

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    this.taken.push(piece.toString());
    if (this.#isSlow) this.#hold = done;
    else done();
  }

  override _final(done: () => void): void {
    this.isEnded = true;
    done();
  }

  /** The far side takes what it was given. */
  accept(): void {
    const done = this.#hold;
    this.#hold = undefined;
    done?.();
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await nextTurn();
}

test('what one side does not take the other is not asked for', async () => {
  const source = new End({ isEndless: true });
  const sink = new End({ isSlow: true });
  const joined = join(source, sink);
  await turns();
  const most = (source.readableHighWaterMark + sink.writableHighWaterMark) / PIECE + 2;
  assert.ok(source.asked <= most, `${source.asked} pieces were read`);
  const before = source.asked;
  for (let piece = 0; piece < 20; piece += 1) {
    sink.accept();
    await nextTurn();
  }
  await turns();
  assert.ok(source.asked > before && source.asked <= before + 20 + most, `${source.asked} after ${before}`);
  source.destroy();
  await joined;
});

test('each direction ends by itself, and both ends close when both have', async () => {
  const [here, there] = [new End(), new End()];
  const joined = join(here, there);
  here.push('question');
  here.push(null);
  await turns();
  assert.deepEqual([there.taken, there.isEnded, here.isEnded], [['question'], true, false]);
  there.push('answer');
  there.push(null);
  await joined;
  assert.deepEqual([here.taken, here.isEnded], [['answer'], true]);
});

test('an end that fails or goes takes the other with it', async () => {
  for (const leave of [
    (end: End) => end.destroy(new Error('reset')),
    (end: End) => end.destroy(),
    (end: End) => end.push('half') && end.destroy(),
  ]) {
    const [here, there] = [new End(), new End()];
    const joined = join(here, there);
    leave(there);
    await joined;
    assert.ok(here.destroyed && there.destroyed);
  }
  const gone = new End();
  gone.destroy();
  const other = new End();
  await join(other, gone);
  assert.ok(other.destroyed);
});
