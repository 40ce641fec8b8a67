import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metadataInputOf } from '../../../src/compute/guest-documents.ts';
import { noGuestInput } from '../../../src/compute/guest-input.ts';
import { metadataDocuments } from '../../../src/metadata/index.ts';
import type { Addressing } from '../../../src/model/index.ts';
import { anInstance } from '../store/an-instance.ts';

function interfaces(flatInjected: boolean, addressing: readonly Addressing[]): string | undefined {
  const [port = assert.fail('no port')] = anInstance().ports;
  const instance = anInstance({ ports: [{ ...port, addressing }] });
  const settings = { dhcpDomain: 'novalocal', flatInjected };
  const documents = metadataDocuments(metadataInputOf({ settings, instance, input: noGuestInput() }));
  const bytes = documents.get('openstack/content/0000');
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
}

test('a guest with a static address has /etc/network/interfaces where flat_injected asks for it, and nowhere else', () => {
  const fixed = [{ kind: 'static', address: '192.168.123.2', prefix: 24 }] as const;
  assert.match(interfaces(true, fixed) ?? '', /iface eth0 inet static\n[\s\S]* address 192\.168\.123\.2\n/);
  assert.equal(interfaces(false, fixed), undefined);
  assert.equal(interfaces(true, [{ kind: 'dhcp', version: 4 }]), undefined);
});
