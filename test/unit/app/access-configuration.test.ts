import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessShape, toAccessSettings, toGatewaySettings } from '../../../src/app/access-configuration.ts';
import { anExactObject, Fault, Place } from '../../../src/base/index.ts';

const document = anExactObject(accessShape);
const root = new Place('', (path, problem) => new Fault('invalid', 'CONFIG_INVALID', `${path} ${problem}`));

function decode(data: unknown) {
  const decoded = document(data, root);
  return { ...toAccessSettings(decoded, root), gateway: toGatewaySettings(decoded, root) };
}

test('subjects, the audit and the gateway are read, and the rest has defaults', () => {
  const read = decode({
    subjects: {
      alice: {
        keys: ['ssh-ed25519 AAAA alice'],
        grants: [{ instances: ['web-*', 'tag:prod'], privileges: ['exec'], guest_users: ['app'] }],
      },
    },
    audit: { rotate_mib: 1 },
    ssh_gateway: { listen: '[::1]:2200', limits: { sessions: 3, buffer_kib: 64 } },
  });
  assert.deepEqual(read.subjects, [
    {
      name: 'alice',
      keys: ['ssh-ed25519 AAAA alice'],
      grants: [{ instances: ['web-*', 'tag:prod'], privileges: ['exec'], guestUsers: ['app'] }],
    },
  ]);
  assert.deepEqual(read.audit, { arguments: false, rotateBytes: 1024 * 1024, keep: 5 });
  const { host, port, limits } = read.gateway;
  assert.deepEqual([host, port, limits.sessions, limits.bufferBytes], ['::1', 2200, 3, 65_536]);
  assert.deepEqual([limits.connectionsPerSource, limits.loginsPerSource], [512, 128]);
  assert.equal(decode({}).gateway.host, '127.0.0.1');
});

test('what would grant nothing, everything by a slip, or to nobody is refused with its place', () => {
  const granting = (grant: object) => ({ subjects: { bob: { grants: [grant] } } });
  const right = { instances: ['a'], privileges: ['exec'] };
  const wrong: [unknown, RegExp][] = [
    [granting({ ...right, instances: [] }), /^subjects\.bob\.grants\[0\]\.instances is empty/],
    [granting({ ...right, privileges: ['exce'] }), /privileges\[0\] is not one of/],
    [granting({ ...right, guest_users: [] }), /guest_users is empty/],
    [granting({ ...right, users: ['x'] }), /has a key that is not known: users/],
    [{ subjects: { local: { grants: [right] } } }, /subjects\.local is built in/],
    [{ ssh_gateway: { listen: '127.0.0.1:70000' } }, /ssh_gateway\.listen has a port above/],
    [
      { subjects: { bob: { keys: ['command="x" ssh-ed25519 AAAA'], grants: [] } } },
      /keys\[0\] is not a public key/,
    ],
  ];
  for (const [data, message] of wrong) assert.throws(() => decode(data), { message });
});
