import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault, Secret } from '../../../../src/base/index.ts';
import { makeIdentity, renewalInput } from '../../../../src/guest/renewal/identity.ts';

const instanceId = 'b7a6f1a0-6f5a-4c51-9d0a-6a1f1de0c0de';

test("the machine-id is made of the instance's id, and the keys are called after the host", async () => {
  const { machineId, hostKeys } = await makeIdentity({
    hostname: 'web.example.org',
    instanceId,
    hostKeyTypes: ['ed25519'],
  });
  assert.equal(machineId, 'b7a6f1a06f5a4c519d0a6a1f1de0c0de');
  assert.deepEqual(
    hostKeys.map(({ type, publicKey }) => [type, publicKey.split(' ').at(-1)]),
    [['ed25519', 'root@web']],
  );
});

test('nothing of it is printed, and two of them share nothing', async () => {
  const request = { hostname: 'web', instanceId, hostKeyTypes: ['ed25519', 'ecdsa'] } as const;
  const [one, other] = [await makeIdentity(request), await makeIdentity(request)];
  assert.ok(!JSON.stringify(one).includes('PRIVATE KEY'));
  assert.ok(!JSON.stringify(one).includes(one.randomSeed.reveal()));
  assert.notEqual(one.randomSeed.reveal(), other.randomSeed.reveal());
  for (const [at, { privateKey }] of one.hostKeys.entries())
    assert.notEqual(privateKey.reveal(), other.hostKeys[at]?.privateKey.reveal());
});

test("the script's input is lines of a word and a value, the seed for the disk is another one, and the last is end", async () => {
  const identity = await makeIdentity({ hostname: 'web', instanceId, hostKeyTypes: ['ecdsa'] });
  const lines = renewalInput(identity, 1_700_000_000_123).reveal().split('\n');
  assert.deepEqual(lines.slice(0, 4), [
    'clock 1700000000.123',
    'hostname web',
    'machine-id b7a6f1a06f5a4c519d0a6a1f1de0c0de',
    `random ${identity.randomSeed.reveal()}`,
  ]);
  assert.match(lines[4] ?? '', /^seed [0-9a-f]{128}$/);
  assert.notEqual(lines[4], `seed ${identity.randomSeed.reveal()}`);
  assert.equal(lines[5], 'key ecdsa');
  assert.deepEqual(lines.slice(-3), ['written', 'end', '']);
  const key = lines.filter((line) => line.startsWith('private ')).map((line) => line.slice(8));
  assert.equal(`${key.join('\n')}\n`, identity.hostKeys[0]?.privateKey.reveal());
});

for (const hostname of ['', '-web', 'web-', 'a b', 'web\nend', 'web..org', 'x'.repeat(64), '$(id)'])
  test(`${JSON.stringify(hostname)} is refused as a hostname before anything is made`, async () => {
    await assert.rejects(makeIdentity({ hostname, instanceId, hostKeyTypes: [] }), (error) =>
      isFault(error, 'IDENTITY_INVALID'),
    );
  });

test('an id that is no UUID, and an identity that was made by hand and is not whole, are refused', async () => {
  await assert.rejects(makeIdentity({ hostname: 'web', instanceId: 'i-1', hostKeyTypes: [] }), (error) =>
    isFault(error, 'IDENTITY_INVALID'),
  );
  const good = await makeIdentity({ hostname: 'web', instanceId, hostKeyTypes: [] });
  for (const wrong of [{ machineId: '0'.repeat(32) }, { machineId: 'x' }, { randomSeed: new Secret('ab') }])
    assert.throws(
      () => renewalInput({ ...good, ...wrong }, 0),
      (error) => isFault(error, 'IDENTITY_INVALID'),
    );
});
