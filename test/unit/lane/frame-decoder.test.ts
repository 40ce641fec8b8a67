import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault, isFault } from '../../../src/base/index.ts';
import { encodeFrame, type Frame, MAX_PAYLOAD, TYPE } from '../../../src/lane/frame.ts';
import { FrameDecoder } from '../../../src/lane/frame-decoder.ts';

const SESSION = 0x01020304;
const NONCE = Buffer.alloc(16, 7);

function decoder(onFrame: (frame: Frame) => void): FrameDecoder {
  return new FrameDecoder({
    session: SESSION,
    nonce: NONCE,
    onFrame,
    refuse: (what, why) =>
      what === 'lost'
        ? new Fault('unavailable', 'LANE_LOST', why)
        : new Fault('corrupt', 'LANE_PROTOCOL', why),
  });
}

function decode(
  chunks: readonly Buffer[],
): { channel: number; type: number; stream: number; payload: string }[] {
  const frames: { channel: number; type: number; stream: number; payload: string }[] = [];
  const one = decoder(({ payload, ...head }) => frames.push({ ...head, payload: payload.toString('hex') }));
  for (const chunk of chunks) one.push(chunk);
  return frames;
}

function welcome(nonce: Buffer, factsLength: number): Buffer {
  const head = Buffer.from('934e564c57454c430001000000000000', 'hex');
  head.writeUInt32BE(factsLength, 12);
  return Buffer.concat([head, nonce, Buffer.alloc(factsLength, 0x20)]);
}

function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const aFrame = fc.record({
  channel: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  type: fc.integer({ min: 0, max: 255 }),
  stream: fc.integer({ min: 0, max: 255 }),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.uint8Array({ minLength: 20_000, maxLength: MAX_PAYLOAD }),
  ),
});

test('any cutting of the bytes gives the same frames', () => {
  fc.assert(
    fc.property(fc.array(aFrame, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 40 }), (frames, cuts) => {
      const bytes = frames.map(({ payload, ...head }) => encodeFrame({ session: SESSION, ...head }, payload));
      const wanted = frames.map((frame) => ({
        ...frame,
        payload: Buffer.from(frame.payload).toString('hex'),
      }));
      assert.deepEqual(decode(pieces(Buffer.concat(bytes), cuts)), wanted);
    }),
  );
});

test('a frame is kept back until its last byte is there, byte by byte', () => {
  const bytes = encodeFrame({ session: SESSION, channel: 5, type: TYPE.DATA, stream: 1 }, Buffer.from('abc'));
  const single = [...bytes].map((byte) => Buffer.from([byte]));
  assert.deepEqual(decode(single.slice(0, -1)), []);
  assert.equal(decode(single).length, 1);
});

test('a repeated welcome between frames is passed over, however it is cut', () => {
  const frame = encodeFrame({ session: SESSION, channel: 1, type: TYPE.EOF, stream: 1 });
  const bytes = Buffer.concat([frame, welcome(NONCE, 200), frame, welcome(NONCE, 0), frame]);
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 40 }), (cuts) => {
      assert.equal(decode(pieces(bytes, cuts)).length, 3);
    }),
  );
});

test('a frame of any other session, at its head or at its tail, loses the session', () => {
  const foreign = encodeFrame({ session: SESSION + 1, channel: 1, type: TYPE.EOF });
  const torn = encodeFrame({ session: SESSION, channel: 1, type: TYPE.DATA }, Buffer.from('abc'));
  torn[torn.length - 1] = 0;
  for (const bytes of [foreign, torn, welcome(Buffer.alloc(16, 8), 10), Buffer.alloc(16)])
    assert.throws(
      () => decode([bytes]),
      (error) => isFault(error, 'LANE_LOST'),
    );
});

test('lengths that no frame can have are refused before anything is held', () => {
  const long = encodeFrame({ session: SESSION, channel: 1, type: TYPE.DATA });
  long.writeUInt32BE(MAX_PAYLOAD + 1, 12);
  const facts = welcome(NONCE, 0);
  facts.writeUInt32BE(4097, 12);
  const bits = encodeFrame({ session: SESSION, channel: 1, type: TYPE.DATA });
  bits[11] = 1;
  for (const bytes of [long, facts, bits]) {
    for (const cut of [1, 12, 16, 18])
      assert.throws(
        () => decode(pieces(bytes, [cut])),
        (error) => isFault(error, 'LANE_PROTOCOL'),
      );
  }
});

test('after it was stopped, by a frame’s receiver too, nothing more comes out', () => {
  const frame = encodeFrame({ session: SESSION, channel: 1, type: TYPE.EOF });
  let count = 0;
  const one = decoder(() => {
    count += 1;
    one.stop();
  });
  one.push(Buffer.concat([frame, frame, frame.subarray(0, 7)]));
  one.push(Buffer.concat([frame, Buffer.alloc(100)]));
  assert.equal(count, 1);
});

test('a whole frame shares the memory of the bytes that came', () => {
  const bytes = encodeFrame({ session: SESSION, channel: 1, type: TYPE.DATA }, Buffer.alloc(100));
  let payload: Buffer = Buffer.alloc(0);
  decoder((frame) => {
    payload = Buffer.from(frame.payload.buffer, frame.payload.byteOffset, frame.payload.length);
  }).push(bytes);
  assert.equal(payload.buffer, bytes.buffer);
});
