// Passwords and keys against the real qemu-ga, as root, for a user that is made for the test and removed.
import assert from 'node:assert/strict';
import { chmod, link, lstat, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import { AuthorizedKeys, givePassword } from '../../../src/guest/credentials/index.ts';
import { EXPIRE_SCRIPT, KEYS_SCRIPT, STATUS } from '../../../src/guest/credentials/scripts.ts';
import { Agent, socketOpener } from '../../../src/guest/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { ECDSA_KEY, ED25519_KEY } from '../../unit/metadata/sample.ts';
import { runCommand } from '../support/run-command.ts';
import { RootAgent, ThrowawayUser } from './root-agent.ts';

const peer = 'the agent of t';
const needsRoot = process.getuid?.() === 0 ? false : 'users are made and removed, which needs root';
const SSH = ['get', 'add', 'remove'].map((verb) =>
  verb === 'get' ? 'guest-ssh-get-authorized-keys' : `guest-ssh-${verb}-authorized-keys`,
);
const EXEC = ['guest-exec', 'guest-exec-status'];

/** How keys can be reached in a guest: all open, exec forbidden as RHEL does, or an old agent without keys. */
const POLICIES = { open: [], 'without exec': EXEC, 'without the commands for keys': SSH };

function agentOf(program: RootAgent): Agent {
  return new Agent({ peer, open: socketOpener(program.path, { peer }) });
}

async function shadowOf(user: string): Promise<readonly string[]> {
  const { stdout } = await runProgram('getent', ['shadow', user]);
  return stdout.trim().split(':');
}

for (const [policy, block] of Object.entries(POLICIES)) {
  test(`keys are added once, listed in order and removed by any name: ${policy}`, {
    skip: needsRoot,
  }, async () => {
    await using user = await ThrowawayUser.make('nvtkeys');
    await using program = await RootAgent.start(block);
    await using agent = agentOf(program);
    const keys = new AuthorizedKeys(agent);
    const file = join(user.home, '.ssh', 'authorized_keys');
    assert.deepEqual(await keys.list(user.name), []);
    const added = await keys.add(user.name, [`${ED25519_KEY} laptop`, `${ECDSA_KEY} desk`]);
    assert.equal(added.length, 2);
    assert.deepEqual(await keys.add(user.name, [ED25519_KEY]), []);
    const listed = await keys.list(user.name);
    assert.deepEqual(listed, added);
    const { stdout } = await runProgram('ssh-keygen', ['-l', '-f', file]);
    assert.deepEqual(
      stdout.match(/SHA256:\S+/g),
      listed.map(({ fingerprint }) => fingerprint),
    );
    const { uid, gid, mode } = await lstat(file);
    const home = await lstat(user.home);
    assert.deepEqual([uid, gid, mode & 0o7777], [home.uid, home.gid, 0o600]);
    assert.equal((await lstat(join(user.home, '.ssh'))).mode & 0o7777, 0o700);
    await assert.rejects(keys.remove(user.name, ['SHA256:none', 'desk']), (error) =>
      isFault(error, 'KEYS_NOT_FOUND'),
    );
    assert.equal((await keys.list(user.name)).length, 2);
    assert.deepEqual(await keys.remove(user.name, [listed[0]?.fingerprint ?? '']), [listed[0]]);
    assert.deepEqual(await keys.remove(user.name, [listed[1]?.comment ?? '']), [listed[1]]);
    assert.deepEqual(await keys.list(user.name), []);
    const ghost = policy === 'without exec' ? 'KEYS_REFUSED' : 'GUEST_USER_UNKNOWN'; // nobody can be asked there
    await assert.rejects(keys.list('nvtghost'), (error) => isFault(error, ghost));
    await assert.rejects(keys.add('nvtghost', [ED25519_KEY]), (error) => isFault(error, ghost));
  });
}

test('comments and unended lines stay whole when keys are added and removed', {
  skip: needsRoot,
}, async () => {
  await using user = await ThrowawayUser.make('nvtkeys');
  await using program = await RootAgent.start();
  await using agent = agentOf(program);
  const keys = new AuthorizedKeys(agent);
  const file = join(user.home, '.ssh', 'authorized_keys');
  await mkdir(join(user.home, '.ssh'), { mode: 0o700 });
  const before = `# caf\xe9\nno-pty ${ECDSA_KEY} desk`;
  await writeFile(file, before, 'latin1');
  await keys.add(user.name, [ED25519_KEY]);
  assert.equal(await readFile(file, 'latin1'), `${before}\n${ED25519_KEY}\n`);
  const many = Array.from({ length: 40 }, (_unused, at) => `# filler ${at} ${'x'.repeat(1000)}\n`).join('');
  await writeFile(file, `${many}${ED25519_KEY}\n`); // more than one read of 4 KiB
  assert.equal((await keys.list(user.name)).length, 1);
  await keys.remove(user.name, [ED25519_KEY]);
  assert.equal(await readFile(file, 'utf8'), many);
});

test('links in ~/.ssh are not followed, and what they lead to stays', { skip: needsRoot }, async () => {
  await using user = await ThrowawayUser.make('nvtkeys');
  await using program = await RootAgent.start(SSH);
  await using agent = agentOf(program);
  const keys = new AuthorizedKeys(agent);
  const folder = join(user.home, '.ssh');
  const victim = join(user.home, '..', 'victim');
  await writeFile(victim, 'secret\n', { mode: 0o600 });
  const unsafe = (error: unknown) => isFault(error, 'KEYS_FILE_UNSAFE');
  await mkdir(folder);
  for (const make of [symlink, link]) {
    await make(victim, join(folder, 'authorized_keys'));
    await assert.rejects(keys.add(user.name, [ED25519_KEY]), unsafe);
    await rm(join(folder, 'authorized_keys'));
  }
  await rm(folder, { recursive: true });
  await symlink('/etc', folder);
  await assert.rejects(keys.add(user.name, [ED25519_KEY]), unsafe);
  await assert.rejects(keys.list(user.name), unsafe);
  assert.equal(await readFile(victim, 'utf8'), 'secret\n');
});

test('a password is set plain and as a hash, and expires when that is asked for', {
  skip: needsRoot,
}, async () => {
  await using user = await ThrowawayUser.make('nvtpass');
  await using program = await RootAgent.start();
  await using agent = agentOf(program);
  await givePassword(agent, user.name, new Secret('correct horse: $6$'));
  const [, plain = '', day] = await shadowOf(user.name);
  assert.match(plain, /^\$(?:y|6)\$/);
  assert.notEqual(day, '0');
  const hash = `$6$salt$${'b'.repeat(86)}`;
  await givePassword(agent, user.name, new Secret(hash), { crypted: true, expire: true });
  assert.deepEqual((await shadowOf(user.name)).slice(1, 3), [hash, '0']);
  await assert.rejects(givePassword(agent, 'nvtghost', new Secret('x')), (error) =>
    isFault(error, 'GUEST_USER_UNKNOWN'),
  );
});

test('expiry where exec is blocked is refused before anything is set', { skip: needsRoot }, async () => {
  await using user = await ThrowawayUser.make('nvtpass');
  await using program = await RootAgent.start(EXEC);
  await using agent = agentOf(program);
  const before = await shadowOf(user.name);
  await assert.rejects(givePassword(agent, user.name, new Secret('x'), { expire: true }), (error) =>
    isFault(error, 'AGENT_COMMAND_BLOCKED'),
  );
  assert.deepEqual(await shadowOf(user.name), before);
});

test('busybox alone makes a password expire, and leaves every other line and the mode', async () => {
  const file = `/var/tmp/nvt-shadow-test-${process.pid}`;
  const text = 'root:*:19000:0:99999:7:::\nnvt:$6$a$b:19000:0:9:7:::\nshort:x\nodd \\n\tline\n';
  const expire = (user: string) => runCommand('busybox', ['sh', '-c', EXPIRE_SCRIPT, 'novalet', user, file]);
  try {
    await writeFile(file, text);
    await chmod(file, 0o640);
    assert.equal((await expire('nvt')).status, 0);
    assert.equal(await readFile(file, 'utf8'), text.replace('$6$a$b:19000:', '$6$a$b:0:'));
    assert.equal((await expire('short')).status, 0);
    assert.match(await readFile(file, 'utf8'), /^short:x:0::::::$/m);
    assert.equal((await lstat(file)).mode & 0o7777, 0o640);
    assert.equal((await expire('nv')).status, STATUS.userUnknown);
    await rm(file);
    await symlink('/etc/hostname', file);
    assert.equal((await expire('nvt')).status, STATUS.unsafe);
  } finally {
    await rm(file, { force: true });
  }
});

test('busybox replaces keys only where the file is still the one that was read', {
  skip: needsRoot,
}, async () => {
  await using user = await ThrowawayUser.make('nvtkeys');
  const run = (words: readonly string[], stdin = '') =>
    runCommand('busybox', ['sh', '-c', KEYS_SCRIPT, 'novalet', ...words], { stdin });
  assert.equal((await run(['read', user.name])).status, STATUS.noFile);
  assert.equal((await run(['replace', user.name, '1 2'], 'a\n')).status, STATUS.changed);
  assert.equal((await run(['replace', user.name, 'none'], 'abc\n')).status, 0);
  assert.equal((await run(['read', user.name])).stdout.toString(), 'abc\n');
  assert.equal((await run(['replace', user.name, 'none'], 'a\n')).status, STATUS.changed);
  assert.equal((await run(['replace', user.name, '1112837078 4'], 'new\n')).status, 0);
  assert.equal((await run(['read', user.name])).stdout.toString(), 'new\n');
});
