// /etc/network/interfaces as ifupdown itself reads it. It is asked what it would do; nothing of this host is configured.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { type MetadataInput, metadataDocuments } from '../../../src/metadata/index.ts';
import { addressedInput, INTERFACES_TEMPLATE, linkedInput } from '../../unit/metadata/sample.ts';
import { withScratch } from '../storage/scratch.ts';

const CACHE = process.env['NOVALET_TEST_CACHE'] ?? '/var/cache/novalet-test';
const PROGRAMS = join(CACHE, 'ifupdown/sbin');
const skip = existsSync(PROGRAMS) ? false : 'ifupdown is not unpacked here: scripts/unpacked-packages';

/** Gives what ifupdown would run for one interface of the guest. */
async function withInterfaces(
  input: MetadataInput,
  work: (names: readonly string[], commandsOf: (name: string) => Promise<string>) => Promise<void>,
): Promise<void> {
  await withScratch(async (scratch) => {
    const file = join(scratch, 'interfaces');
    const given = { ...input, interfacesTemplate: INTERFACES_TEMPLATE };
    await writeFile(file, metadataDocuments(given).get('openstack/content/0000') ?? assert.fail('none'));
    const run = async (program: string, ...args: readonly string[]) => {
      const fixed = ['--interfaces', file, '--state-dir', join(scratch, 'state')];
      return await runProgram(join(PROGRAMS, program), [...fixed, ...args], { timeoutMs: 20_000 });
    };
    const { stdout: names } = await run('ifquery', '--list', '--all');
    await work(names.trim().split('\n'), async (name) => {
      const { stdout, stderr } = await run('ifup', '--no-act', name);
      return `${stdout}\n${stderr}`;
    });
  });
}

test('ifupdown brings every card up, each in its way', { skip }, async () => {
  await withInterfaces(addressedInput(), async (names, commandsOf) => {
    assert.deepEqual(names, ['lo', ...Array.from({ length: 8 }, (_, at) => `eth${at}`)]);
    const told: readonly (readonly RegExp[])[] = [
      [/dhclient -4 .*eth0/],
      [/accept_ra=1/, /dhclient -6 .*eth1/],
      [
        /ip addr add 192\.0\.2\.10\/255\.255\.240\.0 broadcast 192\.0\.15\.255\s+dev eth2/,
        /ip link set dev eth2 mtu 1450 address fa:16:3e:00:01:02 up/,
        /ip route add default via 192\.0\.2\.1\s+dev eth2/,
        /ip route add 198\.51\.100\.0\/24 via 192\.0\.2\.254 dev eth2/,
      ],
      [
        /accept_ra=0/,
        /ip -6 addr add 2001:db8::10\/64\s+dev eth3/,
        /default via fe80::1\s+dev eth3/,
        /ip route add 2001:db8:1::\/48 via 2001:db8::2 dev eth3/,
      ],
      [/accept_ra=1/, /ip link set dev eth4 mtu 1450/],
      [/accept_ra=1/, /dhclient -6 .* -S .*eth5/],
      [/accept_ra=1/, /dhclient -6 .*eth6/],
      [/dhclient -4 .*eth7/, /accept_ra=1/],
    ];
    for (const [at, patterns] of told.entries()) {
      const commands = await commandsOf(`eth${at}`);
      for (const pattern of patterns) assert.match(commands, pattern, `eth${at}`);
    }
  });
});

test('ifupdown knows bonds and VLANs by their names, and what is told of each', { skip }, async () => {
  await withInterfaces(linkedInput(), async (names, commandsOf) => {
    assert.deepEqual(names, ['lo', 'eth0', 'eth1', 'eth2', 'bond0', 'storage', 'vlan7']);
    assert.match(await commandsOf('bond0'), /mtu 9000[\s\S]*dhclient -4 .*bond0[\s\S]*accept_ra=1/);
    assert.match(await commandsOf('storage'), /ip addr add 192\.0\.2\.10\/255\.255\.255\.0 .*dev storage/);
    assert.match(await commandsOf('eth1'), /run-parts/);
  });
});
