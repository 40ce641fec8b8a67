import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayWidth, formatPairs, formatTable } from '../../../src/cli/table.ts';

test('columns are as wide as their widest cell and lines have no trailing blanks', () => {
  const text = formatTable({
    head: ['NAME', 'STATUS'],
    rows: [
      ['calm-otter', 'ACTIVE'],
      ['a', ''],
    ],
  });
  assert.equal(text, 'NAME        STATUS\ncalm-otter  ACTIVE\na\n');
});

test('wide and combining characters are counted as a terminal draws them', () => {
  assert.equal(displayWidth('東京'), 4);
  assert.equal(displayWidth('e\u0301'), 1);
  assert.equal(displayWidth('🦦'), 2);
  assert.equal(formatTable({ head: ['A', 'B'], rows: [['東', 'x']] }), 'A   B\n東  x\n');
});

test('a cell from a guest cannot leave its cell', () => {
  const text = formatTable({ head: ['NAME'], rows: [['eth0\n\u001b[2Jroot  # ']] });
  assert.equal(text, 'NAME\neth0 root  #\n');
});

test('a value of several lines is set below its name', () => {
  assert.equal(
    formatPairs([
      ['name', 'x'],
      ['addresses', '10.0.0.2\nfe80::1'],
    ]),
    'name       x\naddresses  10.0.0.2\n           fe80::1\n',
  );
});
