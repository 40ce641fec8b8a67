// The gateway's own keys, made by several processes at once: there is one in the end, and all of them have it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DEFAULT_GATEWAY } from '../../../src/app/gateway-settings.ts';
import { openSshGateway } from '../../../src/app/ssh-gateway.ts';
import { DEFAULT_ACCESS } from '../../../src/audit/index.ts';
import { readHostKeys } from '../../../src/ssh-gateway/index.ts';
import { ED25519_KEY } from '../../unit/metadata/sample.ts';
import { World } from '../support/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'nvt-keys-'));
after(() => rmSync(folder, { recursive: true }));

const MODULE = fileURLToPath(new URL('../../../src/ssh-gateway/index.ts', import.meta.url));
/** Gets ready, waits for a line, and prints a digest of each key that it has. */
const PROGRAM = `
import { createHash } from 'node:crypto';
import { readHostKeys } from ${JSON.stringify(MODULE)};
await import('ssh2');
process.stdout.write('ready\\n');
process.stdin.once('data', async () => {
  const keys = await readHostKeys({ folder: process.argv[1], rsa: true });
  console.log(keys.map((key) => createHash('sha256').update(key.reveal()).digest('hex')).join(' '));
  process.stdin.destroy();
});
`;

test('every key that is made can be used, also the one of 256 that begins with a zero', async () => {
  for (let at = 0; at < 1000; at += 1) {
    const keys = await readHostKeys({ folder: join(folder, `one-${at}`), rsa: false });
    assert.equal(keys.length, 1);
  }
});

test('processes that make the host keys at the same time end with the same ones', {
  timeout: 120_000,
}, async () => {
  const keys = join(folder, 'keys');
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, keys], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  const outputs = children.map(({ stdout }) => stdout.setEncoding('utf8')[Symbol.asyncIterator]());
  for (const output of outputs) assert.equal((await output.next()).value, 'ready\n');
  for (const { stdin } of children) stdin.write('go\n');
  const told = new Set<unknown>();
  for (const output of outputs) told.add((await output.next()).value);
  assert.equal(told.size, 1);
  assert.match(String([...told][0]), /^[0-9a-f]{64} [0-9a-f]{64}\n$/);
  const names = ['ssh_host_ed25519_key', 'ssh_host_rsa_key'];
  assert.deepEqual(
    readdirSync(keys).sort(),
    names.flatMap((name) => [name, `${name}.pub`]),
  );
  for (const name of names) {
    assert.equal(statSync(join(keys, name)).mode & 0o777, 0o600);
    assert.match(readFileSync(join(keys, `${name}.pub`), 'utf8'), /^ssh-(ed25519|rsa) /);
  }
});

test('a folder for host keys that cannot be made is told at once, and one far down is made', async () => {
  await using world = await World.make();
  const compute = await world.compute();
  const subject = { name: 'ada', keys: [ED25519_KEY], grants: [] };
  const open = (hostKeyDir: string) =>
    openSshGateway(
      compute,
      {
        stateDir: world.stateDir,
        access: { ...DEFAULT_ACCESS, subjects: [subject] },
        sshGateway: { ...DEFAULT_GATEWAY, host: '127.0.0.1', port: 0, hostKeyDir },
      },
      { debug: () => {}, info: () => {}, warn: () => {} },
    );
  await assert.rejects(open('/proc/none/far/below'), { code: 'HOST_FILE_NOT_FOUND' });
  const deep = join(folder, 'a', 'b', 'keys');
  await using _gateway = await open(deep);
  assert.ok(readdirSync(deep).includes('ssh_host_ed25519_key'));
});
