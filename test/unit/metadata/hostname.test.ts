import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fullHostname, sanitizeHostname } from '../../../src/metadata/index.ts';

const UUID = '11111111-2222-3333-4444-555555555555';

const CASES: readonly (readonly [string, string])[] = [
  ['Web Server', 'web-server'],
  ['db_1.example.org', 'db-1-example-org'],
  ['--x--', 'x'],
  ['ünïx Box!', 'nx-box'],
  ['a'.repeat(80), 'a'.repeat(63)],
  [`${'a'.repeat(62)} b`, 'a'.repeat(62)],
  ['日本', `server-${UUID}`],
  ['...', `server-${UUID}`],
];

for (const [name, hostname] of CASES) {
  test(`the host name of ${JSON.stringify(name.slice(0, 20))} is ${hostname.slice(0, 20)}`, () => {
    assert.equal(sanitizeHostname(name, UUID), hostname);
  });
}

test('whatever the name is, the host name is a label that resolvers take', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (name) => {
      assert.match(sanitizeHostname(name, UUID), /^(?!-)[a-z0-9-]{1,63}(?<!-)$/);
    }),
  );
});

test('the domain follows behind a dot, and an empty one adds nothing', () => {
  assert.equal(fullHostname('web', 'novalocal'), 'web.novalocal');
  assert.equal(fullHostname('web', ''), 'web');
});

test('a host name that was given with its domain is not given another', () => {
  assert.equal(fullHostname('web.example.com', 'novalocal'), 'web.example.com');
});
