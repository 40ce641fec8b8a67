import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readElfHead } from '../../../../src/storage/agent-drive/elf.ts';

interface Program {
  readonly machine: number;
  readonly isLittle?: boolean;
  readonly interpreter?: string;
}

/** A head with two program headers, of which the second names the loader. */
function program({ machine, isLittle = true, interpreter }: Program): Buffer {
  const bytes = Buffer.alloc(512);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, isLittle ? 1 : 2, 1]);
  view.setUint16(18, machine, isLittle);
  view.setBigUint64(32, 64n, isLittle);
  view.setUint16(54, 56, isLittle);
  view.setUint16(56, interpreter === undefined ? 1 : 2, isLittle);
  view.setUint32(64, 1, isLittle);
  if (interpreter === undefined) return bytes;
  view.setUint32(120, 3, isLittle);
  view.setBigUint64(128, 256n, isLittle);
  view.setBigUint64(152, BigInt(interpreter.length + 1), isLittle);
  bytes.write(interpreter, 256, 'latin1');
  return bytes;
}

test('a program says its machine and its loader, of either byte order', () => {
  const intel = { machine: 62, interpreter: '/lib64/ld-linux-x86-64.so.2' };
  assert.deepEqual(readElfHead(program(intel)), { arch: 'x86_64', interpreter: intel.interpreter });
  const ibm = { machine: 22, isLittle: false, interpreter: '/lib/ld64.so.1' };
  assert.deepEqual(readElfHead(program(ibm)), { arch: 's390x', interpreter: ibm.interpreter });
});

test('a static program has no loader', () => {
  assert.deepEqual(readElfHead(program({ machine: 183 })), { arch: 'aarch64', interpreter: null });
});

test('what is no program of a known machine is none', () => {
  assert.equal(readElfHead(program({ machine: 9999 })), null);
  assert.equal(readElfHead(Buffer.from('#!/bin/sh\n'.padEnd(100))), null);
  assert.equal(readElfHead(new Uint8Array()), null);
  const narrow = program({ machine: 62 });
  narrow[4] = 1;
  assert.equal(readElfHead(narrow), null);
});

test('a loader that is no absolute path, or does not lie in the head, is refused', () => {
  assert.equal(readElfHead(program({ machine: 62, interpreter: 'ld.so' })), null);
  assert.equal(readElfHead(program({ machine: 62, interpreter: '/bin/a b' })), null);
  assert.equal(readElfHead(program({ machine: 62, interpreter: '/lib/ld.so' }).subarray(0, 260)), null);
});

test('no head makes the reader fail', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat({ max: 511 }),
      fc.nat({ max: 255 }),
      (noise, at, byte) => {
        readElfHead(noise);
        const spoilt = program({ machine: 62, interpreter: '/lib/ld.so' });
        spoilt[at] = byte;
        const head = readElfHead(spoilt);
        assert.ok(head === null || head.interpreter === null || head.interpreter.startsWith('/'));
      },
    ),
  );
});
