import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../../../src/hostlink/index.ts';
import { openConnection } from '../../../src/libvirt/index.ts';
import { ensureNetwork, planPort } from '../../../src/network/index.ts';
import { ownPrefix } from '../support/own-prefix.ts';

const CLIENT = fileURLToPath(new URL('dhcp-client.ts', import.meta.url));

async function ip(...args: readonly string[]): Promise<void> {
  await runProgram('ip', args, { timeoutMs: 10_000 });
}

test('whoever comes with the MAC address of a port is offered the address of that port', async (context) => {
  const connection = await openConnection('qemu:///system');
  const { directory, prefix: name } = await ownPrefix();
  const [outside, inside] = [`nvto${process.pid}`, `nvti${process.pid}`];
  context.after(async () => {
    await Promise.allSettled([ip('netns', 'delete', name)]);
    const left = await connection.findNetwork({ name });
    await left?.destroy();
    await left?.undefine();
    await connection.close();
    await rm(directory, { recursive: true });
  });
  const target = await ensureNetwork(connection, { name, subnet: null, domain: null }, (_key, work) =>
    work(),
  );
  const pair = target.staticLeases?.pairs[41];
  assert.ok(pair);
  const fixedIp = { address: pair.address, prefix: 24 };
  const port = planPort({ id: '0123456789ab-0', mac: 'fa:16:3e:ff:ff:ff', target, fixedIp });
  await ip('netns', 'add', name);
  await ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside);
  await ip('link', 'set', inside, 'address', port.mac, 'netns', name);
  await ip('link', 'set', outside, 'master', target.bridge, 'up');
  await ip('-n', name, 'link', 'set', inside, 'up');
  await ip('-n', name, 'route', 'add', '255.255.255.255', 'dev', inside);
  const client = ['netns', 'exec', name, process.execPath, CLIENT, port.mac];
  const { stdout } = await runProgram('ip', client, { timeoutMs: 30_000 });
  assert.equal(stdout, pair.address);
});
