// Windows' rules for passwords, before its agent is asked and in what it answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import { givePassword } from '../../../src/guest/credentials/index.ts';
import { Agent, socketOpener } from '../../../src/guest/index.ts';
import { FakeAgent } from '../../fakes/agent.ts';

const peer = 'the agent of win';
const isWindows = true;

function agentOf(fake: FakeAgent): Agent {
  return new Agent({ peer, open: socketOpener(fake.path, { peer, timeoutMs: 60_000 }) });
}

test('Windows takes no hash and no expiry, and both are refused before anything is set', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake);
  const hash = new Secret(`$6$salt$${'b'.repeat(86)}`);
  await assert.rejects(givePassword(agent, 'Administrator', hash, { isWindows, crypted: true }), {
    code: 'PASSWORD_HASH_UNSUPPORTED',
    hint: 'Give the password itself: novalet passwd NAME --user Administrator --stdin',
  });
  await assert.rejects(givePassword(agent, "O'Neil Smith", new Secret('x'), { isWindows, expire: true }), {
    code: 'PASSWORD_EXPIRE_UNSUPPORTED',
    hint: "Set it without --expire, then: novalet exec NAME -- net user 'O'\\''Neil Smith' /logonpasswordchg:yes",
  });
  assert.equal(fake.count('guest-set-user-password') + fake.count('guest-exec'), 0);
});

test('a password that Windows refuses is told with its rules, and what is accepted reaches the agent plain', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake);
  fake.handlers.set('guest-set-user-password', (request, answer) => {
    const password = Buffer.from(String(request.arguments['password']), 'base64').toString();
    assert.equal(request.arguments['crypted'], false);
    if (password.length < 8) answer.refuse("failed to set password for user 'bob': 2245");
    else answer.give({});
  });
  await assert.rejects(givePassword(agent, 'bob', new Secret('short'), { isWindows }), (error) => {
    assert.ok(isFault(error, 'PASSWORD_REFUSED'));
    assert.match(error.hint ?? '', /eight characters or more of three sorts/);
    assert.doesNotMatch(JSON.stringify([error, error.message]), /short/);
    return true;
  });
  await givePassword(agent, 'bob', new Secret('Long enough 1'), { isWindows });
  assert.equal(fake.count('guest-set-user-password'), 2);
});
