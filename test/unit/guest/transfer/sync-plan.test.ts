import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../../../../src/guest/index.ts';
import { planSync } from '../../../../src/guest/transfer/sync-plan.ts';

function entry(name: string, about: Partial<Entry> = {}): Entry {
  const same = {
    size: 1,
    mode: 0o644,
    uid: 0,
    gid: 0,
    owner: 'root',
    group: 'root',
    mtimeNs: 5n,
    target: undefined,
  };
  return { name, kind: 'file', ...same, ...about };
}

const DIRECTORY = { kind: 'directory', mode: 0o755 } as const;

test('what is equal is not sent, and what differs brings the directories above it along', () => {
  const source = [
    entry('a', DIRECTORY),
    entry('a/b', DIRECTORY),
    entry('a/b/new'),
    entry('a/same'),
    entry('a/mode', { mode: 0o600 }),
  ];
  const target = [entry('a', DIRECTORY), entry('a/same'), entry('a/mode')];
  const plan = planSync({ source, target, wholeSeconds: false });
  assert.deepEqual(plan.changed, ['a/b', 'a/b/new', 'a/mode']);
  assert.deepEqual(plan.sent, ['a', 'a/b', 'a/mode', 'a/b/new']);
  assert.equal(plan.bytes, 2);
});

test('only the topmost of what is extra is named', () => {
  const target = [entry('x', DIRECTORY), entry('x/y', DIRECTORY), entry('x/y/z'), entry('x-y')];
  assert.deepEqual(planSync({ source: [], target, wholeSeconds: false }).extra, ['x', 'x-y']);
});

test('a directory in the way of a file is replaced, and the other way round', () => {
  const plan = planSync({
    source: [entry('f'), entry('d', DIRECTORY), entry('d/x')],
    target: [entry('f', DIRECTORY), entry('f/in'), entry('d')],
    wholeSeconds: false,
  });
  assert.deepEqual(plan.replaced, ['f', 'd']);
  assert.deepEqual(plan.extra, ['f/in']);
});

test('times count to the nanosecond, or to the second where a copy cannot keep more', () => {
  const sides = {
    source: [entry('f', { mtimeNs: 1_500_000_000n })],
    target: [entry('f', { mtimeNs: 1_000_000_000n })],
  };
  assert.deepEqual(planSync({ ...sides, wholeSeconds: false }).changed, ['f']);
  assert.deepEqual(planSync({ ...sides, wholeSeconds: true }).changed, []);
});

test('with digests, times do not count, and a digest that is missing is a difference', () => {
  const sides = {
    source: [entry('f', { mtimeNs: 1n }), entry('g')],
    target: [entry('f'), entry('g')],
    wholeSeconds: false,
  };
  const digests = { source: new Map([['f', 'aa']]), target: new Map([['f', 'aa']]) };
  assert.deepEqual(planSync({ ...sides, digests }).changed, ['g']);
});

test('a link is its target', () => {
  const source = [entry('l', { kind: 'link', target: 'a', mtimeNs: 1n })];
  assert.deepEqual(
    planSync({ source, target: [entry('l', { kind: 'link', target: 'a' })], wholeSeconds: false }).changed,
    [],
  );
  assert.deepEqual(
    planSync({ source, target: [entry('l', { kind: 'link', target: 'b' })], wholeSeconds: false }).changed,
    ['l'],
  );
});

test('what would be done is told in the order of the names, however the sides were listed', () => {
  const names = ['b', 'a/c', 'B', 'a', 'a-b', 'ä'];
  const source = names.map((name) => entry(name, name === 'a' ? DIRECTORY : {}));
  const target = names.map((name) => entry(`x${name}`));
  const plan = planSync({ source, target, wholeSeconds: false });
  assert.deepEqual(plan.changed, ['B', 'a', 'a-b', 'a/c', 'b', 'ä']);
  assert.deepEqual(plan.extra, ['xB', 'xa', 'xa-b', 'xb', 'xä']);
});
