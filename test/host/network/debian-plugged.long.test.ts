// A whole Debian guest, whose network systemd-networkd looks after: cards that come and go, and folders of the host over both
// drivers, of which only its kernel has 9p.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Compute } from '../../../src/compute/index.ts';
import { SLOW_AGENT, World } from '../support/world.ts';

const BOOT_MS = 900_000; // without KVM on a busy host
const BOUND = { timeout: BOOT_MS };
const world = await World.make(`${SLOW_AGENT}\nnum_pcie_ports: 20`);
after(() => world[Symbol.asyncDispose]());
const folders = {
  both: join(world.stateDir, 'both'),
  old: join(world.stateDir, 'old'),
  ro: join(world.stateDir, 'ro'),
};
let compute: Compute;
before(async () => {
  for (const path of Object.values(folders)) {
    mkdirSync(path);
    chmodSync(path, 0o777);
    writeFileSync(join(path, 'from-here'), 'of the host\n');
  }
  await world.debianImage();
  compute = await world.compute();
  await compute.launch({
    image: 'debian',
    name: 'vm',
    flavor: 'm1.small',
    shares: [
      { path: folders.both, tag: 'both' },
      { path: folders.old, tag: 'old', driver: '9p' },
      { path: folders.ro, tag: 'ro', readOnly: true },
    ],
  });
  await compute.waitFor('vm', { kind: 'agent' }, { timeoutMs: BOOT_MS });
}, BOUND);

async function inGuest(script: string): Promise<string> {
  const { stdout, stderr, exitCode } = await compute.exec('vm', {
    argv: ['sh', '-c', script],
    timeoutMs: 300_000,
  });
  assert.equal(exitCode, 0, `${script}: ${stderr.toString()}`);
  return stdout.toString().trim();
}

test('virtiofs and 9p are mounted, read and written; what is read only stays as it is', BOUND, async () => {
  await inGuest('mkdir /mnt/both /mnt/old /mnt/ro && mount -t virtiofs both /mnt/both');
  for (const tag of ['old', 'ro'])
    await inGuest(`mount -t 9p -o trans=virtio,version=9p2000.L ${tag} /mnt/${tag}`);
  assert.equal(
    await inGuest('cat /mnt/both/from-here /mnt/old/from-here /mnt/ro/from-here | sort -u'),
    'of the host',
  );
  await inGuest(
    'for one in both old; do echo of the guest >/mnt/$one/made; chmod 4755 /mnt/$one/made; done; sync',
  );
  for (const path of [folders.both, folders.old])
    assert.equal(readFileSync(join(path, 'made'), 'utf8'), 'of the guest\n');
  assert.equal(statSync(join(folders.both, 'made')).mode & 0o7777, 0o4755, 'virtiofs hands modes on');
  assert.equal(statSync(join(folders.old, 'made')).mode & 0o7777, 0o600, '9p keeps them beside the file');
  assert.equal(await inGuest('stat -c %a /mnt/old/made'), '4755');
  assert.equal(await inGuest('echo no >/mnt/ro/made 2>/dev/null || echo refused'), 'refused');
  assert.equal(await inGuest('rm /mnt/ro/from-here 2>/dev/null || echo refused'), 'refused');
  assert.equal(readFileSync(join(folders.ro, 'from-here'), 'utf8'), 'of the host\n');
});

test(
  'a link that the guest makes over 9p is none on the host, and leads to nothing of it',
  BOUND,
  async () => {
    const secret = join(world.stateDir, 'secret');
    writeFileSync(secret, 'not for guests\n', { mode: 0o644 });
    assert.equal(
      await inGuest(`ln -s ${secret} /mnt/old/out; cat /mnt/old/out 2>/dev/null || echo nothing`),
      'nothing',
    );
    assert.ok(statSync(join(folders.old, 'out')).isFile());
  },
);

test('cards that come get their addresses by systemd-networkd, and go again', BOUND, async () => {
  const wayOut = () => inGuest("ip -o route get 198.51.100.1 | grep -o 'dev [^ ]*'");
  const way = await wayOut();
  const { port, inside } = await compute.interfaces.attach('vm');
  assert.ok(inside.kind === 'configured', JSON.stringify(inside));
  assert.match(inside.by, /^(itself|systemd-networkd)$/);
  const [kept = { address: '' }] = port.fixedIps;
  assert.ok(inside.addresses.includes(`${kept.address}/24`), inside.addresses.join());

  const address = kept.address.replace(/\d+$/, '99');
  const fixed = await compute.interfaces.attach('vm', { addressing: [{ kind: 'static', address }] });
  assert.ok(fixed.inside.kind === 'configured', JSON.stringify(fixed.inside));
  assert.deepEqual(
    [fixed.inside.by, fixed.inside.addresses.includes(`${address}/24`)],
    ['systemd-networkd', true],
  );
  assert.equal(await wayOut(), way, 'later cards stand behind the first');

  for (const { mac } of [port, fixed.port]) await compute.interfaces.detach('vm', mac);
  assert.equal(await inGuest('grep -l fa:16:3e /sys/class/net/*/address | wc -l'), '1');
});
