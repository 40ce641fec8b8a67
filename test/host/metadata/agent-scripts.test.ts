// The scripts of the vendor data as sh runs them, in a folder in place of the guest's root and with programs that only write
// down how they were called.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { errnoCode } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { type AgentConfig, vendorDocument } from '../../../src/metadata/agent-config.ts';

/** A guest's root as far as the scripts look at it. */
class Guest implements AsyncDisposable {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** `programs`: those that the guest has, each with what it does. */
  static async make(programs: Readonly<Record<string, string>> = {}): Promise<Guest> {
    const guest = new Guest(await mkdtemp(join(tmpdir(), 'novalet-agent-scripts-')));
    for (const folder of ['bin', 'run/systemd/system', 'etc/sysconfig', 'dev/disk/by-label', 'opt']) {
      await mkdir(join(guest.root, folder), { recursive: true });
    }
    const all = { systemctl: 'exit 0', logger: 'exit 0', udevadm: 'exit 0', ...programs };
    for (const [name, does] of Object.entries(all)) {
      const text = `#!/bin/sh\necho "${name} $*" >>'${guest.root}/calls'\n${does}\n`;
      await writeFile(join(guest.root, 'bin', name), text, { mode: 0o755 });
    }
    return guest;
  }

  path(inside: string): string {
    return join(this.root, inside);
  }

  /** Runs one part of the vendor data; gives what it called, in order. */
  async run(
    agent: AgentConfig,
    type: 'text/cloud-boothook' | 'text/x-shellscript',
  ): Promise<readonly string[]> {
    const document = vendorDocument(null, agent) ?? '';
    const parts: readonly { type: string; content: string }[] = JSON.parse(
      document.slice(document.indexOf('\n')),
    );
    const part = parts.find((one) => one.type === type);
    assert.ok(part !== undefined);
    const script = part.content
      .replaceAll(/(?<=[ ="])\/(run|etc|dev|opt)\//g, `${this.root}/$1/`)
      .replace(/PATH=\S+/, `PATH=${this.root}/bin:/usr/bin:/bin`);
    await writeFile(this.path('script'), script);
    const { stdout, stderr } = await runProgram('sh', [this.path('script')], { timeoutMs: 30_000 });
    assert.equal(stdout + stderr, '');
    return await this.#calls();
  }

  async #calls(): Promise<readonly string[]> {
    try {
      return (await readFile(this.path('calls'), 'utf8')).trim().split('\n');
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') throw error;
      return [];
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

const DRIVE = { from: 'drive', keepBlocks: false } as const;
/** A drive whose installer leaves a word. */
const MOUNT = 'for at; do :; done; echo "echo installed >>\\"$(dirname "$0")/../calls\\"" >"$at/install"';
const ACTIVE = 'systemctl is-active --quiet qemu-guest-agent.service';

test('a guest whose agent runs is left alone, without a word', async () => {
  await using guest = await Guest.make({ 'qemu-ga': 'exit 0' });
  assert.deepEqual(await guest.run(DRIVE, 'text/cloud-boothook'), [ACTIVE]);
});

test('an agent that is there and does not run is started', async () => {
  await using guest = await Guest.make({
    'qemu-ga': 'exit 0',
    systemctl: 'case $1 in is-active) exit 3 ;; esac',
  });
  assert.deepEqual(await guest.run({ from: 'none', keepBlocks: true }, 'text/cloud-boothook'), [
    ACTIVE,
    'systemctl --no-block start qemu-guest-agent.service',
  ]);
});

test('a guest without systemd is left alone', async () => {
  await using guest = await Guest.make();
  await rm(guest.path('run/systemd'), { recursive: true });
  assert.deepEqual(await guest.run(DRIVE, 'text/cloud-boothook'), []);
});

test('the drive is mounted, its installer is run, and it is let go again', async () => {
  await using guest = await Guest.make({
    mount: MOUNT,
    umount: 'rm "$1/install"',
  });
  await writeFile(guest.path('dev/disk/by-label/NOVALET-AGENT'), '');
  const calls = await guest.run(DRIVE, 'text/cloud-boothook');
  const [mount, installed, logged, umount] = calls;
  assert.match(mount ?? '', /^mount -t iso9660 -o ro,nosuid,nodev \S+NOVALET-AGENT \S+$/);
  assert.deepEqual(
    [installed, logged],
    ['installed', 'logger -t novalet-agent -- the agent came from the drive'],
  );
  assert.match(umount ?? '', /^umount /);
  assert.equal(calls.length, 4);
});

test('a guest without the drive says so in its journal, and goes on', async () => {
  await using guest = await Guest.make({ blkid: 'exit 2' });
  const calls = await guest.run(DRIVE, 'text/cloud-boothook');
  assert.ok(calls.includes('logger -t novalet-agent -- there is no agent drive'), calls.join('\n'));
});

for (const [form, help, called] of [
  ['older', 'usage: cloud-init single [-h]', /^cloud-init --file (\S+) single --name /],
  ['newer', 'options: --file, -f FILES', /^cloud-init single --file (\S+) --name /],
] as const) {
  test(`a package is asked for in the ${form} form of cloud-init`, async () => {
    await using guest = await Guest.make({ ip: 'echo default via 10.0.0.1', 'cloud-init': `echo '${help}'` });
    // What cloud-init says goes to its own log; here only the question for help is answered.
    await writeFile(
      guest.path('bin/cloud-init'),
      `#!/bin/sh\necho "cloud-init $*" >>'${guest.root}/calls'\ncase "$*" in *--help*) echo '${help}' ;; esac\n`,
      { mode: 0o755 },
    );
    const calls = await guest.run({ from: 'packages', keepBlocks: false }, 'text/x-shellscript');
    const asked = calls.find((call) => called.test(call));
    assert.ok(asked?.endsWith(' --name package_update_upgrade_install --frequency always'), calls.join('\n'));
    assert.ok(calls.includes('logger -t novalet-agent -- no agent came as a package'));
  });
}

test('a package that does not come leaves the turn to the drive', async () => {
  await using guest = await Guest.make({
    ip: 'echo default via 10.0.0.1',
    'cloud-init': 'exit 1',
    mount: MOUNT,
    umount: 'rm "$1/install"',
  });
  await writeFile(guest.path('dev/disk/by-label/NOVALET-AGENT'), '');
  const calls = await guest.run({ from: 'packages-then-drive', keepBlocks: false }, 'text/x-shellscript');
  assert.deepEqual(
    calls.filter((call) => call.startsWith('logger') || call === 'installed'),
    [
      'logger -t novalet-agent -- no agent came as a package',
      'installed',
      'logger -t novalet-agent -- the agent came from the drive',
    ],
  );
});

test('without a way out no package is asked for, and the drive has its turn', async () => {
  await using guest = await Guest.make({ ip: 'exit 0', 'cloud-init': 'exit 0', blkid: 'exit 2' });
  const calls = await guest.run({ from: 'packages-then-drive', keepBlocks: false }, 'text/x-shellscript');
  assert.ok(!calls.some((call) => call.startsWith('cloud-init')), calls.join('\n'));
  assert.ok(calls.includes('logger -t novalet-agent -- there is no agent drive'), calls.join('\n'));
});

const FILE =
  'guest-file-open,guest-file-close,guest-file-read,guest-file-write,guest-file-seek,guest-file-flush';
const EXEC = 'guest-exec,guest-exec-status';
const SETTINGS: readonly (readonly [string, string, string])[] = [
  ['BLACKLIST_RPC of RHEL 7 and 8', `BLACKLIST_RPC=${FILE},${EXEC}`, 'BLACKLIST_RPC='],
  ['BLOCK_RPCS of RHEL 9', `BLOCK_RPCS=${EXEC},guest-set-time,${FILE}`, 'BLOCK_RPCS=guest-set-time'],
  ['the same in quotes', `BLOCK_RPCS="guest-ping,${EXEC}"`, 'BLOCK_RPCS="guest-ping"'],
  [
    '--allow-rpcs of RHEL 9.4 and 10',
    'FILTER_RPC_ARGS="--allow-rpcs=guest-sync,guest-ping"',
    `FILTER_RPC_ARGS="--allow-rpcs=${FILE},${EXEC},guest-sync,guest-ping"`,
  ],
  ['--block-rpcs', `FILTER_RPC_ARGS="--block-rpcs=${EXEC}"`, 'FILTER_RPC_ARGS="--block-rpcs="'],
  [
    '--block-rpcs in the newest packages',
    `QEMU_GA_ARGS=--block-rpcs=guest-ping,${EXEC}`,
    'QEMU_GA_ARGS=--block-rpcs=guest-ping',
  ],
];

for (const [form, before, after] of SETTINGS) {
  test(`what is forbidden by ${form} is allowed, once, and the agent is started anew`, async () => {
    await using guest = await Guest.make({ 'qemu-ga': 'exit 0' });
    const settings = guest.path('etc/sysconfig/qemu-ga');
    const rest = (line: string) =>
      `# ${FILE},${EXEC}\n${line}\nFSFREEZE_HOOK_PATHNAME=/etc/qemu-ga/fsfreeze-hook\n`;
    await writeFile(settings, rest(before));
    const calls = await guest.run({ from: 'none', keepBlocks: false }, 'text/cloud-boothook');
    assert.equal(await readFile(settings, 'utf8'), rest(after));
    assert.ok(calls.includes('systemctl --no-block try-restart qemu-guest-agent.service'), calls.join('\n'));
    await rm(guest.path('calls'));
    assert.deepEqual(await guest.run({ from: 'none', keepBlocks: false }, 'text/cloud-boothook'), [ACTIVE]);
    assert.equal(await readFile(settings, 'utf8'), rest(after));
  });
}

test('what is forbidden stays so where that is asked for', async () => {
  await using guest = await Guest.make({ 'qemu-ga': 'exit 0' });
  const settings = guest.path('etc/sysconfig/qemu-ga');
  await writeFile(settings, `BLACKLIST_RPC=${EXEC}\n`);
  await guest.run({ from: 'none', keepBlocks: true }, 'text/cloud-boothook');
  assert.equal(await readFile(settings, 'utf8'), `BLACKLIST_RPC=${EXEC}\n`);
});
