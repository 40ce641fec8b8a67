// /etc/network/interfaces, and where it is carried. The whole files are in test/golden/metadata/interfaces.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { isFault } from '../../../src/base/index.ts';
import { fillTemplate } from '../../../src/metadata/fill-template.ts';
import {
  type MetadataInput,
  type MetadataNic,
  metadataDocuments,
  noCloudDocuments,
} from '../../../src/metadata/index.ts';
import { INTERFACES_TEMPLATE, linkedInput, nic, plainInput } from './sample.ts';

const fixed = { kind: 'static', address: '192.0.2.10', prefix: 20, gateway: '192.0.2.1' } as const;

function withTemplate(input: MetadataInput): MetadataInput {
  return { ...input, interfacesTemplate: INTERFACES_TEMPLATE };
}

/** The stanzas of these ways to an address, without what every file begins with. */
function stanzas(...addressing: MetadataNic['addressing']): readonly string[] {
  const bytes = metadataDocuments(withTemplate(plainInput({ nics: [nic(addressing)] }))).get(
    'openstack/content/0000',
  );
  const [, ...rest] = Buffer.from(bytes ?? [])
    .toString()
    .split(/\n(?=\nauto |iface )/);
  return rest.slice(2).map((stanza) => stanza.trim().replaceAll(/\n +/g, '; '));
}

test('a static IPv4 address has mask, broadcast address, gateway, servers, MTU and routes', () => {
  const routes = [
    { destination: '10.1.2.3/8', gateway: '192.0.2.254' },
    { destination: '198.51.100.0/24', gateway: '192.0.2.253' },
  ];
  assert.deepEqual(stanzas({ ...fixed, routes, dns: ['192.0.2.53', '192.0.2.54'] }), [
    'auto eth0',
    'iface eth0 inet static; hwaddress ether fa:16:3e:00:00:01; address 192.0.2.10; netmask 255.255.240.0; ' +
      'broadcast 192.0.15.255; gateway 192.0.2.1; dns-nameservers 192.0.2.53 192.0.2.54; mtu 1450; ' +
      'up ip route add 10.0.0.0/8 via 192.0.2.254 dev eth0; up ip route add 198.51.100.0/24 via 192.0.2.253 dev eth0',
  ]);
});

test('each further way to an address is a stanza of its own, without what belongs to the card', () => {
  const known = { address: '2001:db8::10', prefix: 64, gateway: 'fe80::1' } as const;
  assert.deepEqual(stanzas({ kind: 'static', ...known }, { kind: 'dhcp', version: 4 }).slice(1), [
    'iface eth0 inet6 static; hwaddress ether fa:16:3e:00:00:01; address 2001:db8::10; netmask 64; gateway fe80::1',
    'iface eth0 inet dhcp',
  ]);
  const ways = [
    [{ kind: 'dhcp', version: 6 }, 'iface eth0 inet6 dhcp; accept_ra 1'],
    [{ kind: 'slaac', ...known }, 'iface eth0 inet6 auto; accept_ra 1'],
    [{ kind: 'dhcpv6-stateless', ...known }, 'iface eth0 inet6 auto; accept_ra 1; dhcp 1'],
    [{ kind: 'dhcpv6-stateful', ...known }, 'iface eth0 inet6 dhcp; accept_ra 1'],
  ] as const;
  for (const [way, stanza] of ways) assert.equal(stanzas(fixed, way)[2], stanza);
});

test('an MTU that somebody chose is set beside DHCP, by the kernel’s own tool', () => {
  const chosen = nic([{ kind: 'dhcp', version: 4 }, fixed], { isMtuChosen: true });
  const bytes = metadataDocuments(withTemplate(plainInput({ nics: [chosen] }))).get('openstack/content/0000');
  assert.match(Buffer.from(bytes ?? []).toString(), / {4}pre-up ip link set dev eth0 mtu 1450\n/);
});

test('a bond has its cards, which have nothing but the bond, and a VLAN what it lies over', () => {
  const bytes = metadataDocuments(withTemplate(linkedInput())).get('openstack/content/0000');
  const text = Buffer.from(bytes ?? []).toString();
  assert.match(text, /iface eth1 inet manual\n +hwaddress ether fa:16:3e:00:02:01\n +bond-master bond0\n/);
  assert.match(
    text,
    /iface bond0 inet dhcp\n[^#]*bond-slaves none\n +bond-mode 802.3ad\n +bond-miimon 100\n/,
  );
  assert.match(
    text,
    /iface storage inet static\n +vlan-raw-device bond0\n +vlan-id 42\n +address 192.0.2.10\n/,
  );
});

test('Nova’s documents name it before the injected files, and NoCloud’s have it among the metadata', () => {
  const files = [{ path: '/etc/motd', content: Buffer.from('hello\n') }];
  const input = withTemplate(plainInput({ nics: [nic([fixed])], files }));
  const documents = metadataDocuments(input);
  const metaData = JSON.parse(Buffer.from(documents.get('openstack/latest/meta_data.json') ?? []).toString());
  assert.deepEqual(metaData.network_config, { name: 'network_config', content_path: '/content/0000' });
  assert.deepEqual(metaData.files, [{ path: '/etc/motd', content_path: '/content/0001' }]);
  assert.equal(Buffer.from(documents.get('openstack/content/0001') ?? []).toString(), 'hello\n');
  const text = Buffer.from(documents.get('openstack/content/0000') ?? []).toString();
  const yaml = Buffer.from(noCloudDocuments(input).get('meta-data') ?? []).toString();
  assert.equal(parse(yaml)['network-interfaces'], text);
});

test('without a template, or without a static address, there is none', () => {
  const dhcp = plainInput();
  for (const input of [
    plainInput({ nics: [nic([fixed])] }),
    withTemplate(dhcp),
    withTemplate({ ...dhcp, nics: [] }),
  ]) {
    const documents = metadataDocuments(input);
    assert.ok(!documents.has('openstack/content/0000'));
    assert.doesNotMatch(
      Buffer.from(documents.get('openstack/latest/meta_data.json') ?? []).toString(),
      /network_config/,
    );
  }
});

test('a template with a hole or a group that nobody fills is a fault of ours', () => {
  for (const template of ['a {b}\n', '#each c\nx\n#end\n']) {
    assert.throws(
      () => fillTemplate(template, {}),
      (error) => isFault(error, 'INTERNAL'),
    );
  }
  const groups = {
    one: [
      { a: '1', b: ['x', 'y'], c: undefined },
      { a: '2', b: [], c: '$&' },
    ],
  };
  assert.equal(
    fillTemplate('first\n#each one\n{a} {b}\n{a} {c}\n#end\nlast\n', groups),
    'first\n1 x\n1 y\n2 $&\nlast\n',
  );
});
