import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkElement, readNetwork, serializeXml } from '../../../src/libvirt-xml/index.ts';
import { networkMark, stateOfNetwork } from '../../../src/network/mark.ts';

const PLAIN = { name: 'lab', forward: 'nat', ips: [] };

test('a marked network tells the state directory that it belongs to, and an unmarked one none', () => {
  const marked = serializeXml(networkElement({ ...PLAIN, metadata: [networkMark('/srv/a & b')] }));
  assert.equal(stateOfNetwork(readNetwork(marked)), '/srv/a & b');
  assert.equal(stateOfNetwork(readNetwork(serializeXml(networkElement(PLAIN)))), undefined);
});

test('what another program keeps with a network is no mark of ours, whatever its prefix', () => {
  const theirs = (mark: string) =>
    readNetwork(`<network><name>lab</name><metadata>${mark}</metadata></network>`);
  assert.equal(
    stateOfNetwork(theirs("<novalet:network xmlns:novalet='urn:other' state='/srv'/>")),
    undefined,
  );
  assert.equal(stateOfNetwork(theirs("<a:b xmlns:a='urn:novalet:network' state='/srv'/>")), undefined);
});
