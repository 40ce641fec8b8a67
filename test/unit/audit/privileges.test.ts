import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  allows,
  demand,
  type Grant,
  LOCAL,
  PRIVILEGES,
  type Subject,
  sees,
} from '../../../src/audit/index.ts';
import { Fault } from '../../../src/base/index.ts';

const WEB = { name: 'web-1', tags: ['prod', 'team-a'] };

function subject(grant: Partial<Grant>): Subject {
  const whole: Grant = { instances: ['web-*'], privileges: ['exec'], guestUsers: null, ...grant };
  return { name: 'alice', keys: [], grants: [whole] };
}

test('a name, a pattern and a tag reach an instance; others do not', () => {
  for (const pattern of ['web-1', 'web-*', '*', '*-1', 'w*b*1', 'tag:prod', 'tag:team-*'])
    assert.ok(allows(subject({ instances: [pattern] }), 'exec', WEB), pattern);
  for (const pattern of ['web', 'web-', 'web-1*x', '*web-2', 'tag:web-1', 'prod', 'eb-1', 'web-1*1'])
    assert.ok(!allows(subject({ instances: [pattern] }), 'exec', WEB), pattern);
});

test('a privilege is given for the users that the grant names', () => {
  const some = subject({ guestUsers: ['app'] });
  assert.ok(allows(some, 'exec', WEB, 'app'));
  assert.ok(allows(some, 'exec', WEB));
  assert.ok(!allows(some, 'exec', WEB, 'root'));
  assert.ok(!allows(some, 'credentials', WEB, 'app'));
});

test('local may everything everywhere', () => {
  for (const privilege of PRIVILEGES) assert.ok(allows(LOCAL, privilege, WEB, 'root'));
});

test('what is not granted is said with how to grant it, and only to who knows the instance', () => {
  const notFound = () => new Fault('not-found', 'INSTANCE_NOT_FOUND', 'There is no instance "web-1"');
  const ask = (who: Subject) => () =>
    demand({ subject: who, privilege: 'credentials', instance: WEB, guestUser: 'root', notFound });
  assert.throws(ask(subject({})), (error: unknown) => {
    assert.ok(error instanceof Fault);
    assert.deepEqual([error.kind, error.code], ['denied', 'PRIVILEGE_MISSING']);
    assert.match(error.message, /^alice may not use credentials in web-1 as root$/);
    assert.match(error.hint ?? '', /privileges: \[credentials\]/);
    return true;
  });
  assert.throws(ask(subject({ instances: ['db-*'] })), { code: 'INSTANCE_NOT_FOUND' });
  assert.ok(!sees(subject({ instances: ['db-*'] }), WEB));
});

test('a pattern means what the regular expression of it means', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '-', '*'), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(pattern, word, (glob, name) => {
      const wanted = new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(name);
      assert.equal(allows(subject({ instances: [glob] }), 'exec', { name, tags: [] }), wanted);
    }),
  );
});
