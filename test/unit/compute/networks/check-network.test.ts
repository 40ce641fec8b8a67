import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { checkNetwork } from '../../../../src/compute/networks/check-network.ts';

function refused(code: string, work: () => void): void {
  assert.throws(work, (error) => isFault(error, code));
}

test('a network has a name that --network and libvirt can say', () => {
  for (const name of ['lab', 'lab-2', '2.lab_a', 'a'.repeat(63)]) checkNetwork({ name });
  for (const name of [
    '',
    'none',
    'user',
    '-lab',
    'a,b',
    'a=b',
    'a b',
    'a/b',
    '..',
    'a\n',
    'ä',
    'a'.repeat(64),
  ])
    refused('NETWORK_NAME_INVALID', () => checkNetwork({ name }));
});

test('a domain that would be more than a name to dnsmasq is refused', () => {
  for (const domain of ['lab', 'lab.example', 'x-1.Y']) checkNetwork({ name: 'lab', domain });
  for (const domain of [
    '',
    '.',
    '-a',
    'a-',
    'a..b',
    'a b',
    'a\nserver=192.0.2.1',
    'a/b',
    'a,b',
    'a'.repeat(64),
  ])
    refused('NETWORK_REQUEST_INVALID', () => checkNetwork({ name: 'lab', domain }));
});

test('an MTU that no IPv4 guest can have is refused', () => {
  for (const mtu of [576, 1500, 9000, 65_535]) checkNetwork({ name: 'lab', mtu });
  for (const mtu of [0, 575, 65_536, 1500.5, Number.NaN])
    refused('NETWORK_REQUEST_INVALID', () => checkNetwork({ name: 'lab', mtu }));
});
