import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, isFault } from '../../../src/base/index.ts';
import { checkFlavor } from '../../../src/compute/flavor-catalogue.ts';
import { DEFAULT_FLAVORS, type Flavor } from '../../../src/model/index.ts';

const good: Flavor = {
  name: 'a',
  vcpus: 1,
  memoryMiB: 64,
  rootGiB: 0,
  ephemeralGiB: 0,
  swapMiB: 0,
  extraSpecs: {},
};

test('the flavors that exist from the start are valid themselves', () => {
  for (const flavor of [...DEFAULT_FLAVORS, good]) checkFlavor(flavor);
});

for (const [field, value] of [
  ['name', ''],
  ['name', '-x'],
  ['name', 'a\nb'],
  ['vcpus', 0],
  ['vcpus', 1.5],
  ['memoryMiB', Number.NaN],
  ['rootGiB', -1],
  ['ephemeralGiB', 2 ** 31],
  ['swapMiB', Number.POSITIVE_INFINITY],
] as const) {
  test(`a flavor whose ${field} is ${JSON.stringify(value)} is refused by the field's name`, () => {
    assert.throws(
      () => checkFlavor({ ...good, [field]: value }),
      (error) => isFault(error, 'FLAVOR_INVALID') && error.details['field'] === field,
    );
  });
}

test('a wrong extra spec is refused when the flavor is made', () => {
  assert.throws(() => checkFlavor({ ...good, extraSpecs: { 'hw:cpu_polcy': 'dedicated' } }), Fault);
});
