import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIB, isFault, MIB } from '../../../src/base/index.ts';
import {
  collectEnvironment,
  collectPairs,
  parseSeconds,
  quantity,
  wholeNumber,
} from '../../../src/cli/values.ts';

const isInvalid = (error: unknown) => isFault(error, 'OPTION_INVALID') && error.kind === 'invalid';

test('seconds may have a fraction and are above zero', () => {
  assert.equal(parseSeconds('90'), 90_000);
  assert.equal(parseSeconds('0.25'), 250);
  for (const text of ['0', '-1', 'abc', '', '1e9', '5m', 'Infinity']) {
    assert.throws(() => parseSeconds(text), isInvalid, text);
  }
});

test('a bare number counts units, a size is turned into them', () => {
  const memory = quantity('--memory', MIB);
  assert.equal(memory('512'), 512);
  assert.equal(memory('2G'), 2048);
  assert.equal(quantity('--root', GIB)('1T'), 1024);
});

test('a size finer than the unit is refused', () => {
  assert.throws(() => quantity('--root', GIB)('512M'), isInvalid);
});

test('a count is whole and not too small', () => {
  assert.equal(wholeNumber('--vcpus', 1)('4'), 4);
  for (const text of ['0', '1.5', '-2', 'two', ''])
    assert.throws(() => wholeNumber('--vcpus', 1)(text), isInvalid);
});

test('pairs keep everything after the first equals sign', () => {
  const collect = collectPairs('--meta');
  assert.deepEqual(collect('b=', collect('a=x=y')), { a: 'x=y', b: '' });
});

test('a pair without a key is refused, and its text, which may be a secret, is not repeated', () => {
  for (const text of ['hunter2', '=hunter2']) {
    assert.throws(
      () => collectPairs('--env')(text),
      (error: unknown) => isInvalid(error) && !String(error).includes('hunter2'),
    );
  }
});

test('a variable without a value takes it from our own environment', () => {
  process.env['NOVALET_TEST_VARIABLE'] = 'from here';
  try {
    assert.deepEqual(collectEnvironment('NOVALET_TEST_VARIABLE'), { NOVALET_TEST_VARIABLE: 'from here' });
  } finally {
    delete process.env['NOVALET_TEST_VARIABLE'];
  }
  assert.throws(() => collectEnvironment('NOVALET_TEST_VARIABLE'), isInvalid);
});
