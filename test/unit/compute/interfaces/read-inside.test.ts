// What the end of the script in the guest means; what it says is a hostile guest's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readInside } from '../../../../src/compute/interfaces/configure-inside.ts';
import { anInstance } from '../../store/an-instance.ts';

const instance = anInstance();
const [port] = instance.ports;
assert.ok(port !== undefined);
const said = (exitCode: number | null, text: string) =>
  readInside({ exitCode, stdout: Buffer.from(text) }, instance, port);

test('a card that has all it should is told of by name, by whom, and with its addresses', () => {
  assert.deepEqual(said(0, 'name eth1\nby udhcpc\naddress 192.0.2.20/24\naddress fe80::1/64\n'), {
    kind: 'configured',
    name: 'eth1',
    by: 'udhcpc',
    addresses: ['192.0.2.20/24', 'fe80::1/64'],
  });
});

test('each end that is none of that has a code of its own', () => {
  for (const [exitCode, code] of [
    [3, 'INTERFACE_NOT_SEEN'],
    [4, 'INTERFACE_NOT_CONFIGURED'],
    [5, 'INTERFACE_NO_ADDRESS'],
    [127, 'INTERFACE_NOT_CONFIGURED'],
    [null, 'INTERFACE_NOT_CONFIGURED'],
  ] as const) {
    const inside = said(exitCode, 'name eth1\naddress fe80::1/64\n');
    assert.ok(inside.kind === 'failed');
    assert.deepEqual([inside.fault.code, inside.fault.details['addresses']], [code, 'fe80::1/64']);
  }
});

test('what a guest says without end is cut', () => {
  const inside = said(0, `name ${'x'.repeat(5000)}\n${'address 192.0.2.1/24\n'.repeat(500)}`);
  assert.ok(inside.kind === 'configured');
  assert.ok(inside.name.length < 256 && inside.addresses.length === 64);
});
