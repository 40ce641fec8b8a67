import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isInstanceName } from '../../../src/compute/names.ts';
import { checkTags } from '../../../src/model/index.ts';
import {
  isOrphan,
  KEPT_TAG,
  ownerTag,
  ownTemplateName,
  ownTestOwner,
  readOwnerTag,
  readTemplateOwner,
} from '../../../src/testing/owner.ts';

const owner = fc.record(
  {
    pid: fc.integer({ min: 1, max: 4_194_304 }), // the kernel's PID_MAX_LIMIT
    startTime: fc.integer({ min: 0, max: 2 ** 48 }).map(String),
    bootId: fc.stringMatching(/^[0-9a-f]{8}$/),
    pidNamespace: fc.integer({ min: 1, max: 2 ** 32 - 1 }).map((number) => `pid:[${number}]`),
  },
  { noNullPrototype: true },
);
const id = fc.stringMatching(/^[0-9a-f]{8}$/);

test('a tag fits into the records, whoever the owner is, and is read back as him', () => {
  fc.assert(
    fc.property(owner, id, (who, fixture) => {
      const tag = ownerTag(who, fixture);
      assert.deepEqual(checkTags([tag]), [tag]);
      assert.deepEqual(readOwnerTag(tag), who);
    }),
  );
});

test('a template can have the name of its owner, whoever he is, and tells him', () => {
  fc.assert(
    fc.property(owner, id, (who, fixture) => {
      const name = ownTemplateName(ownerTag(who, fixture));
      assert.ok(isInstanceName(name), name);
      assert.deepEqual(readTemplateOwner(name), who);
    }),
  );
  for (const name of ['', 'test-', 'test-0123456789abcdef', 'web'])
    assert.equal(readTemplateOwner(name), undefined);
});

test('this process is read back as itself', () => {
  const self = ownTestOwner();
  assert.deepEqual(readOwnerTag(ownerTag(self, '00000000')), self);
});

test('other words name nobody', () => {
  const tag = ownerTag(ownTestOwner(), '0123abcd');
  for (const word of ['', 'web', KEPT_TAG, 'novalet-test:', tag.slice(1), `${tag}0`, `${tag}\n`])
    assert.equal(readOwnerTag(word), undefined, word);
});

test('an instance is an orphan when its owner has ended, and not when he lives or when no test made it', () => {
  const self = ownTestOwner();
  const mine = ownerTag(self, '00000001');
  const gone = ownerTag({ ...self, startTime: '1' }, '00000002');
  const tagged = (...tags: string[]) => ({ tags });
  assert.equal(isOrphan(tagged(gone, 'web'), self), true);
  assert.equal(isOrphan(tagged(mine), self), false);
  assert.equal(isOrphan(tagged(mine, gone), self), false);
  assert.equal(isOrphan(tagged('web', KEPT_TAG), self), false);
});

test('after a reboot, and only then, what a process of another container left is an orphan', () => {
  const self = ownTestOwner();
  const elsewhere = { ...self, pid: 4_194_304, pidNamespace: 'pid:[1]' };
  assert.equal(isOrphan({ tags: [ownerTag(elsewhere, '00000003')] }, self), false);
  const before = { ...elsewhere, bootId: self.bootId === '00000000' ? '11111111' : '00000000' };
  assert.equal(isOrphan({ tags: [ownerTag(before, '00000004')] }, self), true);
});
