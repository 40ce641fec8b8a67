import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  aBoolean,
  anExactObject,
  anInteger,
  anIntegerFrom,
  anObject,
  aString,
  aStringLike,
  byKind,
  Fault,
  listOf,
  mapOf,
  oneOf,
  optional,
  orElse,
  orNull,
  Place,
  type Shape,
} from '../../../src/base/index.ts';

const port = anExactObject({
  mac: aString,
  mtu: orNull(anIntegerFrom(68, 65_535)),
  up: orElse(aBoolean, true),
});
const guest = anExactObject({
  name: aStringLike(/^[a-z]+$/, 'is not a name'),
  ports: orElse(listOf(port), []),
  labels: optional(mapOf(anInteger, oneOf('rack', 'room'))),
  version: oneOf(1, 2),
});

function decode<T>(shape: Shape<T>, value: unknown, name = ''): T {
  return shape(value, new Place(name, (path, what) => new Fault('invalid', 'TEST', `<${path}> ${what}`)));
}

test('what fits is given back, with what was left out filled in', () => {
  const given = { name: 'ada', version: 2, ports: [{ mac: 'm', mtu: null }], labels: { rack: 7 } };
  assert.deepEqual(decode(guest, given), { ...given, ports: [{ mac: 'm', mtu: null, up: true }] });
  assert.deepEqual(decode(guest, { name: 'ada', version: 1 }), {
    name: 'ada',
    version: 1,
    ports: [],
    labels: undefined,
  });
});

test('what does not fit is refused with its path and why', () => {
  const good = { name: 'ada', version: 1 };
  const cases: readonly (readonly [unknown, string])[] = [
    [null, '<> is not an object'],
    [[], '<> is not an object'],
    [{}, '<name> is missing'],
    [{ ...good, name: 1 }, '<name> is not a string'],
    [{ ...good, name: 'A' }, '<name> is not a name'],
    [{ ...good, version: '1' }, '<version> is not one of 1, 2'],
    [{ ...good, nmae: 'x', colour: 1 }, '<> has a key that is not known: nmae, colour'],
    [{ ...good, ports: {} }, '<ports> is not a list'],
    [
      {
        ...good,
        ports: [
          { mac: 'm', mtu: null },
          { mac: 'm', mtu: 67 },
        ],
      },
      '<ports[1].mtu> is less than 68',
    ],
    [{ ...good, ports: [{ mac: 'm', mtu: 65_536 }] }, '<ports[0].mtu> is more than 65535'],
    [{ ...good, ports: [{ mac: 'm', mtu: 1.5 }] }, '<ports[0].mtu> is not an integer'],
    [{ ...good, ports: [{ mac: 'm', mtu: 2 ** 53 }] }, '<ports[0].mtu> is not an integer'],
    [{ ...good, ports: [{ mac: 'm', mtu: null, up: 'yes' }] }, '<ports[0].up> is not true or false'],
    [{ ...good, labels: { shelf: 1 } }, '<labels.shelf> is not one of rack, room'],
    [{ ...good, labels: { rack: '1' } }, '<labels.rack> is not an integer'],
    [{ ...good, labels: null }, '<labels> is not an object'],
  ];
  for (const [value, message] of cases) {
    assert.throws(() => decode(guest, value), { code: 'TEST', message }, message);
  }
});

test('a document may have a name, and be one of a list', () => {
  assert.throws(() => decode(listOf(port), [{}], 'ports'), { message: '<ports[0].mac> is missing' });
  assert.throws(() => decode(listOf(port), [{}]), { message: '<[0].mac> is missing' });
});

test('an object of some fields leaves the others out', () => {
  assert.deepEqual(decode(anObject({ a: anInteger }), { a: 1, b: 2 }), { a: 1 });
});

test('names that every object has are neither fields nor keys', () => {
  assert.throws(() => decode(anObject({ constructor: aString }), {}), {
    message: '<constructor> is missing',
  });
  assert.throws(() => decode(port, JSON.parse('{"mac":"m","mtu":null,"__proto__":{"up":false}}')), {
    message: '<> has a key that is not known: __proto__',
  });
  const map = decode(mapOf(anInteger), JSON.parse('{"__proto__":1}'));
  assert.deepEqual(Object.entries(map), [['__proto__', 1]]);
});

test('a union is told apart by its kind', () => {
  type Road = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'none' };
  const road: Shape<Road> = byKind<Road>({
    file: anObject({ kind: oneOf('file'), path: aString }),
    none: anObject({ kind: oneOf('none') }),
  });
  assert.deepEqual(decode(road, { kind: 'file', path: '/x', more: 1 }), { kind: 'file', path: '/x' });
  assert.throws(() => decode(road, { kind: 'file' }), { message: '<path> is missing' });
  assert.throws(() => decode(road, { kind: 'ship' }), { message: '<kind> is not one of file, none' });
  assert.throws(() => decode(road, {}), { message: '<kind> is missing' });
});
