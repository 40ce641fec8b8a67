import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forkWishes, withoutTemplate } from '../../../src/testing/template-source.ts';

test('what only the first guest can have is not asked for its forks', () => {
  const wishes = forkWishes({
    image: 'debian',
    flavor: 'm1.tiny',
    guest: { hostname: 'first', timezone: 'UTC' },
    networks: [{ network: 'lab', mac: '52:54:00:00:00:01' }],
    tags: ['web'],
  });
  assert.deepEqual(wishes, {
    cloudInit: 'rerun',
    guest: { timezone: 'UTC' },
    networks: [{ network: 'lab' }],
    tags: ['web'],
  });
});

test('cloud-init runs again in a fork where it has to bring keys or a password, and not for user data', () => {
  const runs = (more: object) => forkWishes({ image: 'debian', ...more }).cloudInit;
  assert.equal(runs({}), 'leave');
  assert.equal(runs({ userData: '#cloud-config\n', guest: { hostname: 'first' } }), 'leave');
  assert.equal(runs({ sshKeys: ['ssh-ed25519 AAAA'] }), 'rerun');
  assert.equal(runs({ adminPassword: 'secret' }), 'rerun');
});

test('a guest with what cannot be in a template is known before one is made', () => {
  const why = (more: object) => withoutTemplate({ image: 'debian', ...more });
  assert.equal(why({}), null);
  assert.equal(why({ network: 'none', networks: [{ mac: '52:54:00:00:00:01' }] }), null);
  assert.match(why({ shares: [{ directory: '/srv', tag: 'srv' }] }) ?? '', /folders/);
  assert.match(why({ links: [{ kind: 'vlan' }] }) ?? '', /bonds or VLANs/);
  assert.match(why({ networks: [{ port: 'web' }] }) ?? '', /address/);
  assert.match(why({ networks: [{ addressing: [{ kind: 'static' }] }] }) ?? '', /address/);
});
