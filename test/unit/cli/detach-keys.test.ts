import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import { DETACH_KEYS, DetachKeys, parseDetachKeys } from '../../../src/cli/detach-keys.ts';
import { fed } from '../../../src/cli/guest-streams.ts';

const SEQUENCE = parseDetachKeys(DETACH_KEYS);

async function handed(pieces: readonly string[], sequence = SEQUENCE): Promise<string> {
  const keys = new DetachKeys(sequence);
  for (const piece of pieces) keys.write(Buffer.from(piece, 'latin1'));
  keys.end();
  return (await buffer(keys)).toString('latin1');
}

test('the sequence leaves, wherever it is cut, and neither it nor what follows reaches the program', async () => {
  for (const pieces of [['ls\x10\x11rm'], ['ls', '\x10', '\x11', 'rm'], ['ls\x10', '\x11rm']]) {
    const keys = new DetachKeys(SEQUENCE);
    for (const piece of pieces) keys.write(piece);
    await keys.typed;
    keys.end();
    assert.equal((await buffer(keys)).toString(), 'ls');
  }
});

test('every other key reaches the program as it is, also what began like the sequence', async () => {
  assert.equal(await handed(['\x10', '\x10', 'x', '\x11', '\x10']), '\x10\x10x\x11\x10');
  assert.equal(await handed(['aaab'], parseDetachKeys('a,a,c')), 'aaab');
  const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\x10', '\x03'), maxLength: 5 }));
  await fc.assert(
    fc.asyncProperty(pieces, async (typed) => {
      assert.equal(await handed(typed), typed.join('')); // no ctrl-q is among them
    }),
  );
});

test('what is typed goes through the keys to the program, and stops when it is left', async () => {
  const keys = new DetachKeys(SEQUENCE);
  const [typed, program] = [new PassThrough(), new PassThrough()];
  const feeding = fed(Object.assign(typed, { isTTY: true, unref: () => typed }) as never, program, keys);
  typed.write('top\n\x10\x11q');
  await keys.typed;
  feeding.stop();
  assert.equal(String(program.read()), 'top\n');
  typed.write('more');
  assert.equal(program.read(), null);
});

test('a sequence is written as docker writes it, and what is none is refused', () => {
  assert.deepEqual(parseDetachKeys('ctrl-a,d,ctrl-],ctrl-@'), [1, 100, 29, 0]);
  for (const bad of ['', 'ctrl-', 'ctrl-A', 'ab', 'ctrl-p,', 'é'])
    assert.throws(() => parseDetachKeys(bad), { code: 'OPTION_INVALID' });
});
