import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { readBond, readLinkOptions, readVlan } from '../../../../src/cli/launch-options/links.ts';

/** What the fault says, and its hint. */
function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    assert.ok(isFault(error, 'OPTION_INVALID'), `${error}`);
    return `${error.message}. ${error.hint}`;
  }
  assert.fail('it was taken');
}

test('a VLAN lies over the first card, another one, or a bond', () => {
  assert.deepEqual(readVlan('7'), { kind: 'vlan', vlanId: 7, over: 0 });
  assert.deepEqual(readVlan('42,on=bond0,name=storage,mtu=1400,address=192.0.2.10/24'), {
    kind: 'vlan',
    vlanId: 42,
    over: 'bond0',
    name: 'storage',
    mtu: 1400,
    addressing: [{ kind: 'static', address: '192.0.2.10', prefix: 24 }],
  });
  assert.deepEqual(readVlan('9,on=2,ipv4=none'), { kind: 'vlan', vlanId: 9, over: 2, addressing: [] });
});

test('a bond has its cards, and active-backup unless another mode is named', () => {
  const plain = { kind: 'bond', name: 'bond0', members: [0, 1], mode: 'active-backup' };
  assert.deepEqual(readBond('bond0,on=0,on=1'), plain);
  assert.deepEqual(readBond('bond0,on=0,on=1,mode=802.3ad,miimon=50,hash=layer3+4,ipv6=slaac'), {
    ...plain,
    mode: '802.3ad',
    miimon: 50,
    xmitHashPolicy: 'layer3+4',
    addressing: [{ kind: 'dhcp', version: 4 }, { kind: 'slaac' }],
  });
});

test('bonds come before the VLANs over them, and without any nothing is said', () => {
  assert.deepEqual(readLinkOptions({}), {});
  const { links = [] } = readLinkOptions({ vlan: ['7,on=bond0'], bond: ['bond0,on=0'] });
  assert.deepEqual(
    links.map(({ kind }) => kind),
    ['bond', 'vlan'],
  );
});

test('what cannot be meant is refused with the nearest word', () => {
  assert.match(
    refusal(() => readVlan('seven')),
    /wants a VLAN id/,
  );
  assert.match(
    refusal(() => readVlan('on=0')),
    /wants a VLAN id/,
  );
  assert.match(
    refusal(() => readVlan('7,nam=x')),
    /Did you mean name=\?/,
  );
  assert.match(
    refusal(() => readBond('on=0')),
    /wants a name/,
  );
  assert.match(
    refusal(() => readBond('bond0,on=eth0')),
    /number of a card/,
  );
  assert.match(
    refusal(() => readBond('bond0,on=0,mode=active-backpu')),
    /Did you mean active-backup\?/,
  );
  assert.match(
    refusal(() => readBond('bond0,on=0,hash=layer3')),
    /hash= cannot be "layer3"/,
  );
});
