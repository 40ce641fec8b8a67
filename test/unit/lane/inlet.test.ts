import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { FIRST_CREDIT } from '../../../src/lane/frame.ts';
import { Inlet, Intake } from '../../../src/lane/inlet.ts';

function intake(raised = 0): { readonly intake: Intake; readonly granted: () => number } {
  let granted = 0;
  const one = new Intake({
    grant: (bytes) => {
      granted += bytes;
    },
    raise: () => raised,
  });
  return { intake: one, granted: () => granted };
}

test('pieces of any size come out as the same bytes, in order', async () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 32_744 })), {
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(60), async (lengths, readFrom) => {
      const { intake: one } = intake(1024 * 1024);
      const inlet = new Inlet(one);
      const sent: Buffer[] = [];
      const got: Buffer[] = [];
      const read = () => inlet.on('data', (bytes: Buffer) => got.push(Buffer.from(bytes)));
      let room = FIRST_CREDIT;
      for (const [at, length] of lengths.entries()) {
        if (at === readFrom) read();
        room -= length;
        if (room < 0) break;
        const piece = Buffer.alloc(length, at + 1);
        sent.push(Buffer.from(piece));
        assert.equal(one.take(piece), true);
        if (length < 16 * 1024) piece.fill(0); // small pieces were copied
      }
      one.finish();
      if (inlet.listenerCount('data') === 0) read();
      await once(inlet, 'close');
      assert.equal(Buffer.concat(got).equals(Buffer.concat(sent)), true);
    }),
  );
});

test('credit goes back for what was handed on, and for nothing else', async () => {
  const { intake: one, granted } = intake();
  const inlet = new Inlet(one);
  const piece = Buffer.alloc(32_744);
  for (let at = 0; at < 8; at += 1) assert.equal(one.take(piece), true);
  assert.equal(granted(), 0);
  inlet.read();
  assert.ok(granted() <= 4 * piece.length, 'the stream holds little itself');
  inlet.resume();
  one.finish();
  await once(inlet, 'end');
});

test('a server that sends beyond its credit is found out', () => {
  const { intake: one } = intake();
  const piece = Buffer.alloc(FIRST_CREDIT / 8);
  for (let at = 0; at < 8; at += 1) assert.equal(one.take(piece), true);
  assert.equal(one.take(Buffer.alloc(1)), false);
});

test('a reader that keeps up raises the credit once', () => {
  const { intake: one, granted } = intake(1_000_000);
  new Inlet(one).resume();
  one.attach(() => true);
  one.want();
  let sent = 0;
  for (let at = 0; at < 200; at += 1) {
    assert.equal(one.take(Buffer.alloc(30_000)), true);
    sent += 30_000;
  }
  assert.ok(
    granted() > sent + 1_000_000 - 400_000 && granted() <= sent + 1_000_000,
    `${granted()} for ${sent}`,
  );
});

test('a stream that was destroyed drops what comes, and lets the server go on', () => {
  const { intake: one, granted } = intake();
  const inlet = new Inlet(one);
  inlet.destroy();
  for (let at = 0; at < 100; at += 1) assert.equal(one.take(Buffer.alloc(30_000)), true);
  assert.ok(granted() > 2_800_000);
});
