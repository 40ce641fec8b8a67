// The shell around a command, as root on this host, by each shell that is here and each way to become another user.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errnoCode } from '../../../src/base/index.ts';
import { type ExecOptions, scriptSpawn } from '../../../src/guest/exec-request.ts';
import { KILL_SCRIPT } from '../../../src/guest/exec-scripts.ts';

const PLACES = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
const TOOLS = ['sh', 'id', 'true', 'cat', 'head', 'printf', 'getent'];
const SHOW = 'id -u; id -G; printf "%s|" "$HOME" "$USER" "$LOGNAME" "$PWD" "$TOKEN" "$1"; cat';

function find(tool: string): string | undefined {
  return PLACES.map((place) => join(place, tool)).find((path) => existsSync(path));
}

/** What scriptSpawn makes, run here by `shell`, with nothing but `tools` and a few more in PATH. */
function run(
  shell: readonly string[],
  tools: readonly string[],
  argv: readonly string[],
  options: ExecOptions,
) {
  const folder = mkdtempSync(join(tmpdir(), 'novalet-path-'));
  try {
    chmodSync(folder, 0o755);
    for (const tool of [...TOOLS, ...tools]) {
      const path = find(tool);
      if (path !== undefined) symlinkSync(realpathSync(path), join(folder, tool));
    }
    // A file that anybody could read and that cannot be executed.
    writeFileSync(join(folder, 'plain'), 'x', { mode: 0o644 });
    const { arguments: words, nonce = '' } = scriptSpawn(argv, options, { withSetsid: false });
    const [program = '', ...more] = [...shell, ...words.arg];
    const { status, stdout, stderr } = spawnSync(program, more, {
      input: Buffer.from(words['input-data'] ?? '', 'base64'),
      env: { PATH: folder, LANG: 'C' },
      cwd: '/',
      timeout: 20_000,
      encoding: 'utf8',
    });
    return {
      status,
      stdout,
      complaint: stderr.startsWith(nonce) ? stderr.slice(nonce.length + 1).trim() : stderr,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// --norc: bash reads its startup file when standard input is a socket, as here, and not a pipe, as the agent's.
const SHELLS: readonly (readonly string[])[] = [['dash'], ['bash', '--norc', '--posix'], ['busybox', 'sh']]
  .map(([name = '', ...more]) => [find(name) ?? '', ...more])
  .filter(([path]) => path !== '');

for (const shell of SHELLS) {
  for (const tool of ['setpriv', 'runuser', 'su']) {
    test(`${shell.join(' ')} becomes another user by ${tool}, with its groups, home and input`, () => {
      const options = { user: 'nobody', cwd: '/tmp', env: { TOKEN: 'a b\\n\nc' }, stdin: 'in\nput' };
      const result = run(shell, [tool], ['sh', '-c', SHOW, 'x', '-l  $(id)'], options);
      assert.equal(result.complaint, '');
      assert.equal(
        result.stdout,
        '65534\n65534\n/nonexistent|nobody|nobody|/tmp|a b\\n\nc|-l  $(id)|in\nput',
      );
      assert.equal(result.status, 0);
    });
  }

  test(`${shell.join(' ')} says in one word what is wrong`, () => {
    const words: [readonly string[], ExecOptions, string][] = [
      [['id'], { user: 'no-such-user' }, 'user'],
      [['id'], { cwd: '/no/such' }, 'cwd'],
      [['id'], { cwd: '/etc/passwd' }, 'cwd'],
      [['no-such-command'], { cwd: '/' }, 'missing'],
      [['plain'], { cwd: '/' }, 'closed'],
      [['export'], { cwd: '/' }, 'missing'],
      [['/etc'], { captureLimit: 5 }, 'closed'],
    ];
    // busybox has su inside itself, whatever is in PATH.
    if (shell[1] !== 'sh') words.push([['id'], { user: 'nobody' }, 'no-tool']);
    for (const [argv, options, word] of words) {
      const result = run(shell, [], argv, options);
      assert.deepEqual([result.status, result.complaint], [125, word]);
    }
  });

  test(`${shell.join(' ')} takes a user by number, root needs no tool, and a number is no prefix`, () => {
    assert.equal(run(shell, [], ['id', '-u'], { user: '0' }).stdout, '0\n');
    assert.equal(run(shell, ['setpriv'], ['id', '-u'], { user: '65534' }).stdout, '65534\n');
    assert.equal(run(shell, ['setpriv'], ['id', '-u'], { user: '6553' }).complaint, 'user');
  });

  test(`${shell.join(' ')} limits both streams and keeps the exit code`, () => {
    const result = run(shell, [], ['sh', '-c', 'cat; cat /etc/passwd >&2; exit 3'], {
      captureLimit: 4,
      stdin: 'abcdefgh',
    });
    assert.deepEqual([result.status, result.stdout, result.complaint.length], [3, 'abcde', 5]);
  });

  test(`${shell.join(' ')} kills a tree whose members left session and parent behind, and nothing else`, async () => {
    // The driver stands for the agent: parent of the tree and of the killer, reader of an unnamed pipe.
    const driver = `
      sleep 95 >/dev/null 2>&1 & bystander=$!
      {
        sh -c "$1" 2>&1 & root=$!
        read -r ready <"$3"
        shift 3; "$@" "$root" >&2
        wait "$root"
      } | cat
      kill -0 "$bystander" && echo alive; kill -9 "$bystander"`;
    const fifo = join(mkdtempSync(join(tmpdir(), 'novalet-kill-')), 'ready');
    // The last to say its number is the one that says that all is ready.
    const escaped = `(setsid sh -c 'echo $$; echo >"$0"; exec sleep 95' '${fifo}' &)`;
    const script = `sleep 95 & echo $!; setsid sleep 95 & echo $!; echo $$; ${escaped}; wait`;
    spawnSync('mkfifo', [fifo]);
    const killer = [...shell, '-c', KILL_SCRIPT, 'novalet-kill'];
    const { stdout, stderr } = spawnSync('sh', ['-c', driver, 'x', script, '-', fifo, ...killer], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    rmSync(join(fifo, '..'), { recursive: true });
    const lines = stdout.trim().split('\n');
    assert.equal(lines.pop(), 'alive', stderr);
    assert.equal(lines.length, 4);
    while (lines.map(Number).some(isAlive)) await nextTurn(); // they were killed; dying takes its time
    assert.ok(Number.parseInt(stderr, 10) >= 4, stderr); // the driver's shell may add a word of its own
  });
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errnoCode(error) ?? '')) return false;
    throw error;
  }
}
