import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { checkInstanceName, domainNameOf, freeReadableName } from '../../../src/compute/names.ts';

test('a domain is named as nova.conf instance_name_template says', () => {
  assert.equal(domainNameOf('instance-%08x', 26), 'instance-0000001a');
  assert.equal(domainNameOf('vm%d', 26), 'vm26');
  assert.equal(domainNameOf('a-%x-z', 255), 'a-ff-z');
});

test('names that would break a shell, a path or a table are refused', () => {
  for (const good of ['a', 'web-1', 'A.b_c', 'x'.repeat(63)]) checkInstanceName(good);
  for (const bad of ['', '-rf', '.hidden', 'a b', 'a/b', '../x', 'x'.repeat(64), 'naïve', 'a\u001b[31m']) {
    assert.throws(
      () => checkInstanceName(bad),
      (error) => isFault(error, 'INSTANCE_NAME_INVALID'),
    );
  }
});

test('a readable name is found even when every plain one is taken', () => {
  const name = freeReadableName((taken) => !/\d$/.test(taken));
  assert.match(name, /^[a-z]+-[a-z]+-2$/);
});
