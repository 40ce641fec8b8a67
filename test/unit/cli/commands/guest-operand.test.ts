import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meaning } from '../../../../src/cli/commands/cp.ts';
import { asGuest, guestOperands, parseMode } from '../../../../src/cli/commands/guest-operand.ts';
import { modeText } from '../../../../src/cli/commands/ls.ts';
import { transferText } from '../../../../src/cli/commands/transfer-line.ts';

test('a colon before the first slash names a guest, and ./ takes that away', () => {
  assert.deepEqual(asGuest('web:/etc/a:b'), { instance: 'web', path: '/etc/a:b' });
  assert.deepEqual(asGuest('web:'), { instance: 'web', path: '.' });
  assert.deepEqual(asGuest('web:new\nline'), { instance: 'web', path: 'new\nline' });
  for (const path of ['./web:x', '../a:b', '/tmp/a:b', 'dir/a:b', 'plain', '-', ':x'])
    assert.equal(asGuest(path), undefined);
});

test('exactly one side of a copy is in one guest', () => {
  assert.deepEqual(meaning(['a', 'b'], 'web:/tmp'), {
    instance: 'web',
    isIn: true,
    sources: ['a', 'b'],
    target: '/tmp',
  });
  assert.deepEqual(meaning(['web:/a', 'web:b'], '.'), {
    instance: 'web',
    isIn: false,
    sources: ['/a', 'b'],
    target: '.',
  });
  for (const [sources, target] of [
    [['a'], 'b'],
    [['web:a'], 'db:b'],
    [['web:a', 'db:b'], '.'],
    [['web:a', 'b'], '.'],
  ] as const) {
    assert.throws(() => meaning(sources, target), { code: 'OPTION_INVALID' });
  }
  assert.throws(() => guestOperands(['web:a', 'db:b']), { code: 'OPTION_INVALID' });
});

test('modes are octal digits, and are shown as ls shows them', () => {
  assert.equal(parseMode('0640'), 0o640);
  for (const text of ['7', '999', 'u+x', '00644'])
    assert.throws(() => parseMode(text), { code: 'OPTION_INVALID' });
  assert.equal(modeText({ kind: 'file', mode: 0o4755 }), '-rwsr-xr-x');
  assert.equal(modeText({ kind: 'directory', mode: 0o1776 }), 'drwxrwxrwT');
  assert.equal(modeText({ kind: 'link', mode: 0o777 }), 'lrwxrwxrwx');
});

test('a copy under way tells its share, rate and rest, and no terminal obeys its name', () => {
  const progress = { done: 50, total: 200, files: 0, bytesPerSecond: 10, etaSeconds: 75 };
  assert.match(
    transferText('a\u001b[2Jb', progress),
    /^ab {2}25 % {2}50 .* of 200 .*\/s {2}1 min 15 s left$/,
  );
  assert.doesNotMatch(transferText('x', { ...progress, total: undefined, etaSeconds: undefined }), /left|%/);
});
