import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PrintableStream, printableLine, printableText } from '../../../src/base/printable.ts';

test('colours, titles and cursor movements disappear with all their parameters', () => {
  assert.equal(printableText('\u001b[31;1mred\u001b[0m'), 'red');
  assert.equal(printableText('a\u001b]0;root@host\u0007b'), 'ab');
  assert.equal(printableText('a\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\b'), 'alinkb');
  assert.equal(printableText('a\u001bP1$r0m\u001b\\b\u001b(0c\u001b7d\u001b[2Je'), 'abcde');
  assert.equal(printableText('a\u009b31mb\u009d0;title\u009cc'), 'abc');
});

test('carriage returns, backspaces and bells cannot rewrite a line', () => {
  assert.equal(printableText('ok\rno\b\b\u0007\u0000\u007f'), 'okno');
});

test('text direction stays as it is stored', () => {
  assert.equal(printableText('safe\u202egpj.exe\u2066x'), 'safegpj.exex');
});

test('letters of every script stay', () => {
  assert.equal(printableText('Grüße, 東京 🦦\tx\n'), 'Grüße, 東京 🦦\tx\n');
});

test('a line holds no line break', () => {
  assert.equal(printableLine('  one\ntwo\tthree\n'), 'one two three');
});

test('a control string that never ends does not swallow what follows for ever', () => {
  const shown = printableText(`\u001b]0;${'x'.repeat(10_000)}end`);
  assert.ok(shown.endsWith('end'));
});

test('a string that was cut off does not count towards the next one', () => {
  const stream = new PrintableStream();
  const long = 'x'.repeat(4000);
  assert.equal(stream.text(`\u001b]0;${long}\u0007a\u001b]0;${long}\u0007b`), 'ab');
});

test('bytes cut anywhere give the same as bytes in one piece', () => {
  const whole = Buffer.from('é\u001b[1;31mrot\u001b[0m\u001b]0;t\u001b\\ 東京\u009b2Kz');
  const expected = new PrintableStream().write(whole);
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const stream = new PrintableStream();
    assert.equal(stream.write(whole.subarray(0, cut)) + stream.write(whole.subarray(cut)), expected);
  }
});

test('whatever a guest writes, nothing that a terminal obeys comes out', () => {
  const piece = fc.oneof(
    fc.constantFrom('\u001b', '\u001b[', '\u001b]', '\u009b', '\u0007', '\r', '\u001b\\', '\u202e'),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const shown = printableText(pieces.join('')).replace(/[\n\t]/g, '');
      assert.doesNotMatch(shown, /\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});
