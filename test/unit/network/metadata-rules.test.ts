import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metadataRules, metadataRulesRemoval } from '../../../src/network/index.ts';

const NETWORK = { bridge: 'nvbr0', gateway: '192.0.2.1', port: 8775 };
const PORT = { device: 'tapf216af48-11', mac: 'fa:16:3e:00:00:01', addresses: ['192.0.2.10'] };

test('rules replace those of their table in one transaction, and say nothing of others', () => {
  const lines = metadataRules('novalet', [NETWORK], [PORT]).split('\n');
  assert.deepEqual(lines.slice(0, 4), [
    'add table inet novalet',
    'delete table inet novalet',
    'add table bridge novalet',
    'delete table bridge novalet',
  ]);
  assert.equal(metadataRulesRemoval('novalet'), `${lines.slice(0, 4).join('\n')}\n`);
  const tables = lines.filter((line) => line.includes('table '));
  assert.ok(tables.every((line) => / novalet( \{)?$/.test(line)));
});

test('each network leads to its own port, and each card has a chain for its own addresses', () => {
  const other = { bridge: 'nvbr1', gateway: '198.51.100.1', port: 8776 };
  const text = metadataRules('novalet', [NETWORK, other], [PORT, { ...PORT, device: 'tap2', addresses: [] }]);
  assert.match(
    text,
    /iifname "nvbr0" meta mark 0x6e76 ip daddr 169\.254\.169\.254 tcp dport 80 dnat ip to 192\.0\.2\.1:8775\n/,
  );
  assert.match(
    text,
    /iifname "nvbr1" meta mark 0x6e76 ip daddr 169\.254\.169\.254 tcp dport 80 dnat ip to 198\.51\.100\.1:8776\n/,
  );
  assert.match(text, /iifname "tapf216af48-11" goto guest0\n/);
  assert.match(text, /iifname "tap2" goto guest1\n/);
  assert.equal([...text.matchAll(/ip saddr 192\.0\.2\.10 .*meta mark set/g)].length, 1);
});

const HOSTILE = ['', 'a"; drop', 'a b', 'a\nflush ruleset', '-f', '$x', 'a'.repeat(40), '{', '#'];

for (const text of HOSTILE) {
  test(`${JSON.stringify(text.slice(0, 20))} becomes no part of a rule`, () => {
    const fault = { code: 'METADATA_RULE_INVALID' };
    assert.throws(() => metadataRulesRemoval(text), fault);
    assert.throws(() => metadataRules('t', [{ ...NETWORK, bridge: text }], []), fault);
    assert.throws(() => metadataRules('t', [{ ...NETWORK, gateway: text }], []), fault);
    assert.throws(() => metadataRules('t', [], [{ ...PORT, device: text }]), fault);
    assert.throws(() => metadataRules('t', [], [{ ...PORT, mac: text }]), fault);
    assert.throws(() => metadataRules('t', [], [{ ...PORT, addresses: [text] }]), fault);
  });
}

test('a port that is none, or an address with a prefix, becomes no part of a rule either', () => {
  const fault = { code: 'METADATA_RULE_INVALID' };
  for (const port of [0, -1, 1.5, 65_536, Number.NaN]) {
    assert.throws(() => metadataRules('t', [{ ...NETWORK, port }], []), fault);
  }
  for (const address of ['192.0.2.1/0', '0.0.0.0/0', '192.0.2.256', '192.0.2', '::1']) {
    assert.throws(() => metadataRules('t', [], [{ ...PORT, addresses: [address] }]), fault);
  }
});

test('by IPv6 a card is known by its own link-local address, and nobody else may use it', () => {
  const other = { device: 'tap2', mac: 'fa:16:3e:00:00:02', addresses: ['192.0.2.11'] };
  const text = metadataRules('novalet', [{ ...NETWORK, ipv6: 'beside' }], [PORT, other]);
  const own = 'fe80::f816:3eff:fe00:1';
  assert.ok(
    text.includes(`ip6 saddr ${own} ip6 daddr fe80::a9fe:a9fe tcp dport 80 meta mark set 0x6e76 accept\n`),
  );
  assert.ok(text.includes(`ip6 saddr != ${own} ip6 saddr @links drop\n`));
  assert.ok(text.includes(`elements = { fe80::a9fe:a9fe, ${own}, fe80::f816:3eff:fe00:2 }`));
  assert.match(text, /dnat ip6 to \[fe80::a9fe:a9fe\]:8775\n/);
  assert.doesNotMatch(text, /nfproto ipv6 drop/);
});

test('a bridge that has IPv6 for the service alone lets nothing else in by it, and nothing through', () => {
  const text = metadataRules('novalet', [{ ...NETWORK, ipv6: 'alone' }], [PORT]);
  assert.equal([...text.matchAll(/iifname "nvbr0" meta nfproto ipv6 drop\n/g)].length, 2);
});

test('nobody is let through to a service of that address beyond the host', () => {
  const [, beyond = ''] = metadataRules('novalet', [NETWORK], [PORT]).split('chain beyond {');
  assert.match(beyond, /hook forward[^}]*iifname "nvbr0" ip daddr 169\.254\.169\.254 reject\n/);
});

test('without IPv6 there is no way to the service by it', () => {
  assert.doesNotMatch(metadataRules('novalet', [NETWORK], [PORT]), /dnat ip6/);
});

test('whoever is no card of ours may not send from the addresses of one, nor from the gateway', () => {
  const [, strangers = ''] = metadataRules('novalet', [NETWORK], [PORT]).split('goto guest0\n');
  assert.ok(strangers.includes('ether saddr { fa:16:3e:00:00:01 } drop\n'));
  assert.ok(strangers.includes('arp saddr ip { 192.0.2.1, 192.0.2.10 } drop\n'));
  assert.ok(strangers.includes('ip saddr { 192.0.2.1, 192.0.2.10 } drop\n'));
  assert.ok(strangers.includes('ip6 saddr @links drop\n'));
  assert.doesNotMatch(metadataRules('novalet', [NETWORK], []), /saddr \{/);
});

test('nobody asks whether the address of another guest is free', () => {
  const port = { device: 'tap1', mac: 'fa:16:3e:00:00:01', addresses: ['10.9.0.5'] };
  const rules = metadataRules('t', [{ bridge: 'br0', gateway: '10.9.0.1', port: 8775 }], [port]);
  assert.match(rules, /arp saddr ip 0\.0\.0\.0 arp daddr ip 10\.9\.0\.5 accept/);
  assert.doesNotMatch(rules, /arp saddr ip 0\.0\.0\.0 accept/);
  const own = '0xfe80000000000000f8163efffe000001';
  assert.ok(rules.includes(`ip6 saddr :: icmpv6 type nd-neighbor-solicit @th,64,128 != ${own} jump claims`));
});
