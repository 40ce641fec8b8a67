// What `novalet forward` is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { readForwardRule } from '../../../src/cli/forward-rule.ts';

const HERE = { host: '127.0.0.1', port: 8080 };
const THERE = { host: '127.0.0.1', port: 80 };

test('a rule says where here and where in the guest; only the ports need saying', () => {
  for (const [text, local, guest] of [
    ['8080', HERE, { ...THERE, port: 8080 }],
    ['8080:80', HERE, THERE],
    ['0:80', { ...HERE, port: 0 }, THERE],
    ['0.0.0.0:8080:80', { ...HERE, host: '0.0.0.0' }, THERE],
    ['[::1]:8080:80', { ...HERE, host: '::1' }, THERE],
    ['8080:db:5432', HERE, { host: 'db', port: 5432 }],
    ['8080:[fe80::2]:80', HERE, { host: 'fe80::2', port: 80 }],
    ['localhost:8080:10.0.0.1:80', { ...HERE, host: 'localhost' }, { host: '10.0.0.1', port: 80 }],
    ['8080:/run/app.sock', HERE, { path: '/run/app.sock' }],
    ['./app.sock:80', { path: './app.sock' }, THERE],
    ['/tmp/app.sock:db:5432', { path: '/tmp/app.sock' }, { host: 'db', port: 5432 }],
    ['127.0.0.2:8080:/run/app.sock', { host: '127.0.0.2', port: 8080 }, { path: '/run/app.sock' }],
  ] as const) {
    assert.deepEqual(readForwardRule(text), { local, guest }, text);
  }
});

test('what cannot be meant is refused, by the rule as it was written', () => {
  const wrong = [
    '',
    ':',
    '80:',
    ':80',
    '80:0',
    '65536:80',
    '8080:http',
    'a b:80:80',
    '8080:./x',
    '[::1:80:80',
  ];
  for (const text of [...wrong, '1:2:3:4:5', '080:80', `${'/x'.repeat(60)}:80`]) {
    assert.throws(
      () => readForwardRule(text),
      (error) => isFault(error, 'OPTION_INVALID') && error.message.startsWith(`"${text}"`),
      text,
    );
  }
});
