import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyPress, keysOfText } from '../../../../src/compute/consoles/key-names.ts';

test('keys are named as people name them, alone and together', () => {
  assert.deepEqual(keyPress('ctrl-alt-del'), [29, 56, 111]);
  assert.deepEqual(keyPress('Ctrl-Alt-Delete'), [29, 56, 111]);
  assert.deepEqual(keyPress('f12'), [88]);
  assert.deepEqual(keyPress('shift-a'), [42, 30]);
  assert.deepEqual(keyPress('alt-sysrq-b'), [56, 99, 48]);
  assert.deepEqual(keyPress('-'), [12]);
  assert.deepEqual(keyPress('ctrl-minus'), [29, 12]);
  assert.deepEqual(keyPress('enter'), [28]);
});

test('a text is typed as on a US keyboard, with Shift where it needs it', () => {
  assert.deepEqual(keysOfText('Az 9!\n'), [[42, 30], [44], [57], [10], [42, 2], [28]]);
  assert.deepEqual(keysOfText('~|"\\'), [[42, 41], [42, 43], [42, 40], [43]]);
  assert.deepEqual(keysOfText("/.,;'`[]-="), [[53], [52], [51], [39], [40], [41], [26], [27], [12], [13]]);
});

test('every printable character of ASCII has a key, and no two the same', () => {
  const all = Array.from({ length: 95 }, (_unused, at) => String.fromCharCode(32 + at));
  const presses = all.map((character) => keysOfText(character)[0]?.join('+'));
  assert.equal(new Set(presses).size, 95);
});

test('what no keyboard has is refused by name', () => {
  assert.throws(() => keyPress('ctrl-foo'), {
    code: 'KEY_UNKNOWN',
    message: 'There is no key "foo" in "ctrl-foo"',
  });
  assert.throws(() => keyPress(''), { message: 'There is no key ""' });
  assert.throws(() => keyPress(Array(17).fill('a').join('-')), { hint: 'Name 16 at most.' });
  assert.throws(() => keysOfText('grün'), { message: 'A US keyboard has no key for "ü"' });
  assert.throws(() => keysOfText('a'.repeat(4097)), { code: 'KEY_UNKNOWN' });
  for (const word of ['constructor', '__proto__', 'toString'])
    assert.throws(() => keyPress(word), { code: 'KEY_UNKNOWN' });
});
