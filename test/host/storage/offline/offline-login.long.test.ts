// The whole of it on the Debian guest: its agent is removed and its password set while it is off; then it boots, the
// password logs in on the serial console, and the filesystem is clean before and after. Long, since a guest boots.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Secret, within } from '../../../../src/base/index.ts';
import { runProgram, TalkingProgram } from '../../../../src/hostlink/index.ts';
import { saltFrom, sha512Crypt } from '../../../../src/metadata/index.ts';
import { changeOffline } from '../../../../src/storage/index.ts';
import { ED25519_KEY } from '../../../unit/metadata/sample.ts';

const IMAGE = join(process.env['NOVALET_TEST_CACHE'] ?? '/var/cache/novalet-test', 'debian.qcow2');
const BOOT_MS = 300_000;

/** Commands for guestfish over a disk, in an appliance without KVM. */
async function guestfish(disk: string, how: readonly string[], commands: string): Promise<string> {
  const env = { LIBGUESTFS_BACKEND: 'direct', LIBGUESTFS_BACKEND_SETTINGS: 'force_tcg' };
  const args = [...how, '--format=qcow2', '-a', disk, '-i'];
  const { stdout } = await runProgram('guestfish', args, { env, stdin: commands, timeoutMs: 180_000 });
  return stdout;
}

/** What the filesystem says of itself, and what fsck says of it when nothing is repaired. */
async function requireClean(disk: string): Promise<void> {
  const words = ['umount-all', 'tune2fs-l /dev/sda1', 'fsck ext4 /dev/sda1'].join('\n');
  const text = await guestfish(disk, ['--ro'], words);
  assert.match(text, /Filesystem state: clean/);
  assert.doesNotMatch(text, /needs_recovery/);
  assert.match(text, /^0$/m);
}

/** Boots the disk without a network, logs in on its serial console, runs one line and powers off. Gives what the line printed. */
async function logIn(disk: string, password: string, line: string): Promise<string> {
  const drive = `file=${disk},format=qcow2,if=virtio`;
  await using guest = new TalkingProgram(
    'qemu-system-x86_64',
    [
      ...['-name', 'nvt-offline-login', '-accel', 'tcg,thread=multi', '-smp', '2', '-m', '1024'],
      ...['-drive', drive, '-nic', 'none', '-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
    ],
    { maxAnswerBytes: 8 * 1024 * 1024 },
  );
  return await within(BOOT_MS, 'the guest to boot, log in and power off', async () => {
    await guest.say('', /login: $/);
    await guest.say('root\n', /assword: $/);
    await guest.say(`${password}\n`, /# $/);
    // The echo of the line has the words apart; what it prints has them together.
    const answer = await guest.say(`echo be''gin; ${line}; echo e''nd\n`, /\nend\r?\n/);
    await guest.say('poweroff\n', /poweroff/);
    await guest.finish();
    return answer.slice(answer.lastIndexOf('\nbegin') + 1);
  });
}

test('a password that was set offline logs in on the console of a guest without an agent, and its disk is clean', async (t) => {
  const folder = await mkdtemp('/var/tmp/nvt-offline-login-');
  const disk = join(folder, 'disk');
  try {
    const base = createHash('sha256')
      .update(await readFile(IMAGE))
      .digest('hex');
    await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', IMAGE, '-F', 'qcow2', disk]);
    await guestfish(
      disk,
      [],
      'glob rm-f /usr/lib/systemd/system/qemu-guest-agent*\nrm-f /usr/sbin/qemu-ga\n',
    );
    const password = randomBytes(9).toString('hex');
    const hash = new Secret(sha512Crypt(new Secret(password), saltFrom(randomBytes(16))));
    const begun = performance.now();
    const change = { user: 'root', hash, keys: [ED25519_KEY] };
    await changeOffline({ path: disk, format: 'qcow2' }, change, { accelerator: 'tcg' });
    t.diagnostic(`changed in ${Math.round(performance.now() - begun)} ms`);
    assert.deepEqual(await readdir(folder), ['disk']);
    await requireClean(disk);
    const look = 'stat -c "%a %u %g %n" /etc/shadow /root/.ssh /root/.ssh/authorized_keys; pgrep -c qemu-ga';
    const said = await logIn(disk, password, look);
    assert.match(said, /^640 0 42 \/etc\/shadow\r?$/m);
    assert.match(said, /^700 0 0 \/root\/\.ssh\r?$/m);
    assert.match(said, /^600 0 0 \/root\/\.ssh\/authorized_keys\r?$/m);
    assert.match(said, /^0\r?$/m);
    await requireClean(disk);
    assert.equal(
      createHash('sha256')
        .update(await readFile(IMAGE))
        .digest('hex'),
      base,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
