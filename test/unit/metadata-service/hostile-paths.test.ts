import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPath } from '../../../src/metadata-service/request-path.ts';
import { decideOn, FULL, textOf } from './asking.ts';

const HOSTILE: readonly (readonly [string, number])[] = [
  ['/../etc/passwd', 400],
  ['/latest/../../etc/passwd', 400],
  ['/latest/meta-data/..', 400],
  ['/./latest', 400],
  ['//latest', 400],
  ['/latest//meta-data', 400],
  ['/latest/meta-data//', 400],
  ['//', 400],
  ['/%2e%2e/etc/passwd', 400],
  ['/latest/%2E%2E', 400],
  ['/openstack%2flatest', 400],
  ['/openstack/content%2F0000', 400],
  ['/%252e%252e/etc/passwd', 404],
  ['/openstack/%c0%ae%c0%ae/', 400],
  ['/latest%00', 400],
  ['/latest/user-data%00.txt', 400],
  ['/latest/user-data%0d%0aX: y', 400],
  ['/latest/user-data%0d%0a', 400],
  ['/latest\\user-data', 400],
  ['/latest%5c..%5c', 400],
  ['/latest/%', 400],
  ['/latest/%zz', 400],
  ['/latest/%ff', 400],
  ['/latest#/user-data', 400],
  ['/latest/\xe9', 400],
  ['/latest\t', 400],
  ['', 400],
  ['*', 400],
  ['latest', 400],
  ['example.com:80', 400],
  ['file:///etc/passwd', 400],
  ['https://169.254.169.254/latest', 400],
  ['http://', 400],
  ['http:///latest', 400],
  [`/${'a'.repeat(1023)}`, 404],
  [`/${'a'.repeat(1024)}`, 414],
  ['/a'.repeat(500_000), 414],
  ['/latest'.repeat(100), 404],
];

for (const [target, status] of HOSTILE) {
  test(`${JSON.stringify(target.slice(0, 60))} is ${status}`, () => {
    const decision = decideOn(target);
    assert.equal(decision.kind === 'answer' && decision.answer.status, status);
  });
}

test('an absolute form, a query and a slash at the end say nothing', () => {
  const names = (target: string) => {
    const path = readPath(target);
    return path.kind === 'path' ? path.names : path.status;
  };
  assert.deepEqual(names('http://169.254.169.254/latest/user-data'), ['latest', 'user-data']);
  assert.deepEqual(names('/latest/user-data/?a=/../b'), ['latest', 'user-data']);
  assert.deepEqual(names('/meta%2ddata'), ['meta-data']);
  assert.deepEqual(names('/'), []);
});

const piece = fc.constantFrom(
  ...['openstack', 'ec2', 'latest', '2012-08-10', '2009-04-04', 'meta-data', 'content', '0000', 'user-data'],
  ...[
    'meta_data.json',
    'public-keys',
    '0',
    'openssh-key',
    '..',
    '.',
    '',
    '%2e',
    '%2f',
    '%00',
    '?',
    '__proto__',
  ],
);
const target = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.webPath(),
  fc.array(piece, { maxLength: 7 }).map((pieces) => `/${pieces.join('/')}`),
);

test('whatever is asked for, the answer is a document, a part of one, a listing, or a refusal', () => {
  const documents = new Set([...FULL.values()].map((bytes) => Buffer.from(bytes).toString('latin1')));
  const parts = [...documents].join('\n');
  fc.assert(
    fc.property(target, (path) => {
      const decision = decideOn(path);
      if (decision.kind !== 'answer') {
        assert.equal(decision.kind, 'tell-password');
        return;
      }
      const { answer } = decision;
      if (answer.status !== 200) {
        assert.ok([400, 401, 404, 405, 414].includes(answer.status));
        assert.ok(textOf(answer).length < 80, 'a refusal says nothing of what was asked for');
        return;
      }
      const text = Buffer.from(answer.body).toString('latin1');
      const lines = text.split('\n').map((line) => line.replace(/\/$/, ''));
      const isListing = lines.every((line) => /^[A-Za-z0-9._=-]{0,40}$/.test(line));
      assert.ok(documents.has(text) || parts.includes(text) || isListing, path);
    }),
    { numRuns: 2000 },
  );
});
