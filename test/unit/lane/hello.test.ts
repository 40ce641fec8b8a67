import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault, isFault } from '../../../src/base/index.ts';
import { decodeFacts, encodeHello, newNonce, WelcomeSeeker } from '../../../src/lane/hello.ts';

const FACTS = { session: 7, server: 'b', bootId: 'c', machine: 'x86_64', pid: 3, uid: 0, cgroup: true };

function welcome(nonce: Buffer, facts: Buffer): Buffer {
  const head = Buffer.from('934e564c57454c430001000000000000', 'hex');
  head.writeUInt32BE(facts.length, 12);
  return Buffer.concat([head, nonce, facts]);
}

test('a hello is 32 bytes: the mark, the version and the nonce', () => {
  const nonce = Buffer.alloc(16, 0xab);
  assert.equal(encodeHello(nonce).toString('hex'), `934e564c48454c4f0001000000000000${'ab'.repeat(16)}`);
});

test('the welcome is found behind stale bytes and other welcomes, however they are cut', () => {
  const nonce = newNonce();
  const facts = Buffer.from(JSON.stringify(FACTS));
  const stale = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 50 }),
      fc.constant(Buffer.from('934e564c57454c43', 'hex')),
      fc.constant(welcome(Buffer.alloc(16, 1), Buffer.alloc(20))),
      fc.constant(welcome(Buffer.alloc(16, 2), Buffer.alloc(20)).fill(0xff, 12, 16)),
    ),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(stale, fc.integer({ min: 1, max: 70 }), (before, size) => {
      const bytes = Buffer.concat([...before, welcome(nonce, facts), Buffer.from('rest')]);
      const seeker = new WelcomeSeeker(nonce);
      for (let at = 0; at < bytes.length; at += size) {
        const found = seeker.push(bytes.subarray(at, at + size));
        if (found === undefined) continue;
        assert.equal(found.version, 1);
        assert.equal(found.facts.toString(), facts.toString());
        assert.equal(Buffer.concat([found.rest, bytes.subarray(at + size)]).toString(), 'rest');
        return;
      }
      assert.fail('the welcome was not found');
    }),
  );
});

test('a welcome with facts that are too long is none', () => {
  const nonce = newNonce();
  const bytes = welcome(nonce, Buffer.alloc(4097));
  assert.equal(new WelcomeSeeker(nonce).push(bytes), undefined);
});

test('facts are decoded strictly', () => {
  const decode = (value: unknown) =>
    decodeFacts(Buffer.from(JSON.stringify(value)), (why) => new Fault('corrupt', 'LANE_PROTOCOL', why));
  assert.deepEqual(decode({ ...FACTS, more: 1 }), FACTS);
  const bad = [
    [],
    { ...FACTS, session: 0 },
    { ...FACTS, session: 2 ** 32 },
    { ...FACTS, session: 0x934e564c },
    { ...FACTS, pid: '3' },
    { ...FACTS, machine: 'x\u001b[2J' },
    { ...FACTS, bootId: 'x'.repeat(200) },
    { ...FACTS, cgroup: undefined },
  ];
  for (const value of bad)
    assert.throws(
      () => decode(value),
      (error) => isFault(error, 'LANE_PROTOCOL'),
    );
  const refuse = (why: string) => new Fault('corrupt', 'LANE_PROTOCOL', why);
  assert.throws(
    () => decodeFacts(Buffer.from('{'), refuse),
    (error) => isFault(error, 'LANE_PROTOCOL'),
  );
  assert.throws(
    () => decodeFacts(Buffer.from([0xff]), refuse),
    (error) => isFault(error, 'LANE_PROTOCOL'),
  );
});
