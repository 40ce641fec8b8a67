// What a plain user may not do, and what is set up wrongly for one: each is told with its cure and its exit status, and
// nothing is made.
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { EXIT_CODES, EXIT_PROBLEM_FOUND } from '../../../src/cli/exit-codes.ts';
import type { Image } from '../../../src/model/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { bytesOf } from '../support/bytes-of.ts';
import type { CommandResult } from '../support/run-command.ts';
import { PlainUser } from './plain-user.ts';

const BOUND = { timeout: 240_000 };
const AN_IMAGE: Image = {
  ...{ id: '22222222-0000-4000-8000-000000000001', name: 'disk', diskFormat: 'raw', sha256: 'ab' },
  ...{ minDiskGiB: 0, minRamMiB: 0, sizeBytes: 512, virtualSizeBytes: 512, properties: {} },
  createdAt: '2026-01-01T00:00:00.000Z',
};
let user: PlainUser;

before(async () => {
  user = await PlainUser.make();
}, BOUND);
after(() => user?.[Symbol.asyncDispose](), BOUND);

function assertRefused(result: CommandResult, code: string, hint: RegExp): void {
  assert.match(result.stderr, new RegExp(`\\[${code}\\]`));
  assert.match(/hint: (.*)/.exec(result.stderr)?.[1] ?? '', hint);
  assert.deepEqual([result.status, result.stdout], [EXIT_CODES.denied, '']);
}

test(
  "the system's libvirt is closed to a plain user: the cure is a group, or the session",
  BOUND,
  async () => {
    const system = ['--connect', 'qemu:///system'];
    const source = join(user.directory, 'novalet', 'package.json');
    await user.does([...system, 'image', 'add', source, '--name', 'x', '--disk-format', 'raw', '-q']);
    const launched = await user.novalet([...system, 'launch', 'x', '-q']);
    assertRefused(launched, 'LIBVIRT_DENIED', /group libvirt.*--connect qemu:\/\/\/session/);
    const doctor = await user.novalet([...system, 'doctor', '-o', 'json']);
    assert.equal(doctor.status, EXIT_PROBLEM_FOUND);
    const findings: { check: string; status: string; fix?: string }[] = JSON.parse(doctor.stdout);
    const [libvirt] = findings.filter(({ check }) => check === 'libvirt');
    assert.equal(libvirt?.status, 'problem');
    assert.match(libvirt?.fix ?? '', /usermod -aG libvirt/);
  },
);

test("each of libvirt's modes has records of its own", async () => {
  assert.equal(await user.does(['image', 'list', '-o', 'json']), '[]\n');
  const folders = await readdir(user.folder('XDG_DATA_HOME'));
  assert.deepEqual(folders.sort(), ['novalet', 'novalet-system']);
});

test('a state directory that may not be made, or is somebody else’s, is left alone', BOUND, async () => {
  const missing = join(user.directory, 'missing');
  const made = await user.novalet(['list'], { env: { NOVALET_STATE_DIR: missing } });
  assertRefused(made, 'STATE_DENIED', /NOVALET_STATE_DIR/);
  const foreign = join(user.directory, 'foreign');
  await mkdir(foreign);
  await chmod(foreign, 0o755); // whatever the umask is
  const used = await user.novalet(['list'], { env: { NOVALET_STATE_DIR: foreign } });
  assertRefused(used, 'STATE_DENIED', /NOVALET_STATE_DIR/);
  assert.deepEqual(await readdir(foreign), []);
  for (const folder of ['images', 'work', 'instances/_base'])
    await mkdir(join(foreign, folder), { recursive: true });
  for (const open of ['', 'instances']) await chmod(join(foreign, open), 0o711); // as root's are
  await writeFile(join(foreign, 'novalet.db'), '', { mode: 0o600 });
  const opened = await user.novalet(['list'], { env: { NOVALET_STATE_DIR: foreign } });
  assertRefused(opened, 'STORE_DENIED', /owns the state directory/);
});

test(
  "a dry run reads what another user's state directory shows, and makes nothing of its own",
  BOUND,
  async () => {
    const shown = join(user.directory, 'shown');
    await mkdir(shown);
    const database = join(shown, 'novalet.db');
    {
      using store = openStore(database);
      store.images.insert(AN_IMAGE);
    }
    await chmod(shown, 0o755); // whatever the umask is
    const dryRun = async (...args: readonly string[]) =>
      await user.novalet([...args, 'launch', AN_IMAGE.name, '--print-xml'], {
        env: { NOVALET_STATE_DIR: shown },
      });
    assertRefused(await dryRun(), 'STORE_DENIED', /owns the state directory/); // it is root's alone
    await chmod(database, 0o644);
    const before = bytesOf(shown);
    assertRefused(await dryRun('--connect', 'qemu:///system'), 'LIBVIRT_DENIED', /group libvirt/);
    const { status, stdout, stderr } = await dryRun();
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^<domain [\s\S]*<\/domain>\n$/);
    assert.deepEqual(bytesOf(shown), before);
  },
);

test("a configuration file that is somebody else's secret is not skipped", async () => {
  const configFile = join(user.directory, 'closed.yaml');
  await writeFile(configFile, 'default_flavor: m1.tiny\n', { mode: 0o600 });
  assertRefused(await user.novalet(['--config', configFile, 'list']), 'CONFIG_UNREADABLE', /ls -l/);
});

test("a runtime directory left over from another user is told, since libvirt's daemon cannot start in it", async () => {
  const env = { XDG_RUNTIME_DIR: join(user.directory, 'novalet') }; // root's
  const source = join(user.directory, 'novalet', 'package.json');
  await user.does(['image', 'add', source, '--name', 'x', '--disk-format', 'raw', '-q']);
  assertRefused(
    await user.novalet(['launch', 'x', '-q'], { env }),
    'LIBVIRT_DENIED',
    /unset XDG_RUNTIME_DIR/,
  );
});

test('with no XDG variables at all the folders are those under HOME', BOUND, async () => {
  const unset = ['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR'];
  const env = Object.fromEntries(unset.map((variable) => [variable, undefined]));
  const doctor = await user.novalet(['doctor', '-o', 'json'], { env });
  assert.equal(doctor.status, 0, doctor.stdout + doctor.stderr);
  await user.does(['flavor', 'list'], { env });
  const state = await readdir(join(user.folder('HOME'), '.local', 'share', 'novalet'));
  assert.ok(state.includes('novalet.db'), `${state}`);
  assert.ok((await readdir(join(user.folder('HOME'), '.cache', 'libvirt'))).includes('libvirt-sock'));
});
