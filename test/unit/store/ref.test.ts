import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { pickByRef } from '../../../src/store/ref.ts';

const things = [
  { id: 'aaaa1111-0000-4000-8000-000000000001', name: 'web' },
  { id: 'aaaa2222-0000-4000-8000-000000000002', name: 'db' },
  { id: 'bbbb3333-0000-4000-8000-000000000003', name: 'aaaa' },
];

function pick(ref: string): string {
  return pickByRef(
    ref,
    things,
    () => new Fault('not-found', 'THING_NOT_FOUND', ref),
    (_ref, names) => new Fault('invalid', 'THING_AMBIGUOUS', names.join(',')),
  ).slice(0, 8);
}

test('a name, an id in any case, and the beginning of an id that fits one thing are found', () => {
  assert.equal(pick('web'), 'aaaa1111');
  assert.equal(pick('AAAA2222-0000-4000-8000-000000000002'), 'aaaa2222');
  assert.equal(pick('bbbb'), 'bbbb3333');
});

test('a name wins over the beginning of an id', () => {
  assert.equal(pick('aaaa'), 'bbbb3333');
});

test('a beginning that fits two is refused with both names, one that is too short is not looked at', () => {
  assert.throws(() => pick('aaaa-'), { code: 'THING_NOT_FOUND' });
  assert.throws(() => pick('bbb'), { code: 'THING_NOT_FOUND' });
  const twins = things.map((thing) => ({ ...thing, name: `${thing.name}-x` }));
  assert.throws(
    () =>
      pickByRef(
        'aaaa',
        twins,
        () => new Fault('not-found', 'THING_NOT_FOUND', ''),
        (_ref, names) => new Fault('invalid', 'THING_AMBIGUOUS', names.join(',')),
      ),
    { code: 'THING_AMBIGUOUS', message: 'web-x,db-x' },
  );
});
