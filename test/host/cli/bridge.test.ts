// A guest without a network as a person reaches into it: live output, pipes, terminals, signals, jobs, copies.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PACKAGE, World } from '../support/world.ts';

const BOUND = { timeout: 300_000 };
const NOVALET = join(PACKAGE, 'scripts', 'novalet');
const TERMINAL = join(import.meta.dirname, '..', 'support', 'terminal.py');
let world: World;

before(async () => {
  world = await World.make();
  await world.minimalImage();
  const compute = await world.compute();
  await compute.launch({ image: 'minimal', name: 'web', network: 'none' });
  await compute.waitFor('web', { kind: 'agent' }, { timeoutMs: 120_000 });
  await world.closeCompute();
}, BOUND);
after(() => world[Symbol.asyncDispose](), BOUND);

/** A command under way: what it has written, and how it ends. */
class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  #seen = '';
  #more = Promise.withResolvers<void>();
  #isOver = false;

  constructor(program: string, words: readonly string[]) {
    this.child = spawn(program, words, { env: { ...process.env, TERM: 'xterm' } });
    this.ended = once(this.child, 'close').then(([status]) => status);
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => this.#add(chunk));
    this.child.once('close', () => {
      this.#isOver = true;
      this.#more.resolve();
    });
  }

  type(keys: string): void {
    this.child.stdin?.write(keys);
  }

  /** Waits for it, and forgets what came until then. */
  async sees(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.#seen);
      if (found !== null) {
        this.#seen = this.#seen.slice(found.index + found[0].length);
        return found[0];
      }
      if (this.#isOver) assert.fail(`ended before ${pattern}: ${JSON.stringify(this.#seen)}`);
      await this.#more.promise;
    }
  }

  #add(chunk: Buffer): void {
    this.#seen += chunk.toString('utf8');
    const { resolve } = this.#more;
    this.#more = Promise.withResolvers<void>();
    resolve();
  }
}

const start = (...words: string[]) => new Running(NOVALET, ['--config', world.configFile, ...words]);
const onTerminal = (...words: string[]) =>
  new Running('python3', [TERMINAL, NOVALET, '--config', world.configFile, ...words]);
const guest = (...argv: string[]) => world.novalet(['exec', 'web', '--', ...argv]);

/** How many processes of the guest have this number as a word of their own. */
async function sleepers(mark: string): Promise<string> {
  const count = `cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -cx "[${mark[0]}]${mark.slice(1)}"`;
  return (await guest('sh', '-c', count)).stdout.trim();
}
/** What was killed is gone when the guest's kernel has come to it; the test's bound ends the wait. */
async function noneLeft(mark: string): Promise<void> {
  while ((await sleepers(mark)) !== '0');
}

const newMark = () => String(100_000_000 + (randomBytes(4).readUInt32BE(0) % 800_000_000));

for (const via of ['lane', 'agent']) {
  test(`${via}: output arrives while the program runs, and stays apart`, BOUND, async () => {
    const flag = `/tmp/go-${via}`;
    const script = `echo a; until [ -e ${flag} ]; do sleep 0.1; done; echo b; echo no >&2; exit 7`;
    const running = start('exec', 'web', '--via', via, '--', 'sh', '-c', script);
    await running.sees(/a\n/);
    assert.equal((await guest('touch', flag)).status, 0);
    await running.sees(/b\n/);
    assert.equal(await running.ended, 7);
    const { stdout, stderr } = await world.novalet([
      'exec',
      'web',
      '--via',
      via,
      '--',
      'sh',
      '-c',
      'echo o; echo e >&2',
    ]);
    assert.deepEqual([stdout, stderr], ['o\n', 'e\n']);
  });

  test(`${via}: a pipe is read as it comes, and to its end`, BOUND, async () => {
    const running = start(
      'exec',
      'web',
      '-i',
      '--via',
      via,
      '--',
      'sh',
      '-c',
      'read l; echo "first $l"; wc -c',
    );
    running.type('one\n');
    await running.sees(/first one\n/);
    running.child.stdin?.end('x'.repeat(300_000));
    await running.sees(/300000\n/);
    assert.equal(await running.ended, 0);
    const document = await world.novalet(['exec', 'web', '-o', 'json', '--via', via, '--', 'true']);
    assert.partialDeepStrictEqual(JSON.parse(document.stdout), { exit_code: 0, via });
  });

  test(`${via}: the first signal is the program's, the second kills its tree`, BOUND, async () => {
    const caught = start(
      'exec',
      'web',
      '--via',
      via,
      '--',
      'sh',
      '-c',
      'trap "exit 9" TERM; echo up; while :; do sleep 0.1; done',
    );
    await caught.sees(/up\n/);
    caught.child.kill('SIGTERM');
    assert.equal(await caught.ended, 9);
    const ended = start('exec', 'web', '--via', via, '--', 'sh', '-c', 'echo up; exec sleep 600');
    await ended.sees(/up\n/);
    ended.child.kill('SIGTERM');
    assert.equal(await ended.ended, 143);
    const mark = newMark();
    const script = `trap "echo stays" TERM; setsid sleep ${mark} & echo up; while :; do sleep 0.1; done`;
    const stays = start('exec', 'web', '--via', via, '--', 'sh', '-c', script);
    await stays.sees(/up\n/);
    while ((await sleepers(mark)) !== '1'); // setsid has not become sleep yet
    stays.child.kill('SIGTERM');
    await stays.sees(/stays\n/);
    assert.equal(await sleepers(mark), '1');
    stays.child.kill('SIGTERM');
    assert.equal(await stays.ended, 143);
    await noneLeft(mark);
  });
}

test(
  'a terminal has the size of ours and follows it, Ctrl-C is the guest’s, and the status ours',
  BOUND,
  async () => {
    const running = onTerminal('exec', 'web', '-t', '--via', 'lane', '--', 'sh');
    await running.sees(/# /);
    running.type('stty size; echo "$TERM"\n');
    await running.sees(/31 97\r\nxterm/);
    running.child.kill('SIGUSR1');
    running.type('until [ "$(stty size)" = "40 120" ]; do sleep 0.1; done; echo "follo"wed\n');
    await running.sees(/followed/);
    running.type(
      `sh -c 'trap "echo cau""ght; exit 3" INT; echo rea""dy; while :; do sleep 0.1; done'; echo "af"ter $?\n`,
    );
    await running.sees(/ready/);
    running.type('\u0003');
    await running.sees(/caught[\s\S]*after 3/);
    running.type('exit 5\n');
    assert.equal(await running.ended, 5);
  },
);

test(
  'exec takes a terminal by itself when both ends are one, and shell opens the login shell',
  BOUND,
  async () => {
    const tty = onTerminal('exec', 'web', '--', 'sh', '-c', 'test -t 0 && test -t 1 && echo "is"one; exit 4');
    await tty.sees(/isone/);
    assert.equal(await tty.ended, 4);
    const shell = onTerminal('shell', 'web');
    await shell.sees(/[#$] /);
    shell.type('echo "$0" $((6 * 7)) "$HOME"\n');
    await shell.sees(/-?\S*sh 42 \/root/);
    shell.type('exit 3\n');
    assert.equal(await shell.ended, 3);
  },
);

test(
  'a terminal over the agent alone needs a program that busybox has not, and that is said',
  BOUND,
  async () => {
    const { status, stderr } = await world.novalet(['exec', 'web', '-t', '--via', 'agent', '--', 'sh']);
    assert.equal(status, 125);
    assert.match(stderr, /TERMINAL_UNSUPPORTED[\s\S]*lane/);
  },
);

test('a detached job goes on without us, and is listed, attached to and killed', BOUND, async () => {
  const mark = newMark();
  const job = await world.novalet([
    'exec',
    'web',
    '-d',
    '--',
    'sh',
    '-c',
    `echo begun; sleep ${mark}; echo over`,
  ]);
  const id = job.stdout.trim();
  assert.match(id, /^[0-9a-f]{8}$/);
  const [listed] = JSON.parse((await world.novalet(['jobs', 'web', '-o', 'json'])).stdout);
  assert.partialDeepStrictEqual(listed, { id, state: 'running' });
  const left = start('attach', 'web', id);
  await left.sees(/begun\n/);
  left.child.kill('SIGINT');
  await left.sees(/The job goes on\./);
  assert.equal(await left.ended, 130);
  const attached = start('attach', 'web', id);
  await attached.sees(/begun\n/);
  assert.equal((await world.novalet(['kill', 'web', id])).status, 0);
  assert.equal(await attached.ended, 137);
  await noneLeft(mark);
  assert.equal((await world.novalet(['kill', 'web', id, '--forget'])).status, 0);
  assert.deepEqual(JSON.parse((await world.novalet(['jobs', 'web', '-o', 'json'])).stdout), []);
});

test('a copy says on a terminal how far it is, and nothing to a pipe', BOUND, async () => {
  const file = join(world.stateDir, 'big');
  await writeFile(file, randomBytes(24_000_000));
  const copying = onTerminal('cp', file, 'web:/tmp/big');
  await copying.sees(/big {2}\d+ % {2}\S+ \S+ of 23 MiB {2}\S+ \S+\/s {2}/);
  assert.equal(await copying.ended, 0);
  assert.equal((await guest('wc', '-c', '/tmp/big')).stdout, '24000000 /tmp/big\n');
  const quiet = await world.novalet(['cp', 'web:/tmp/big', join(world.stateDir, 'back')]);
  assert.deepEqual([quiet.status, quiet.stdout, quiet.stderr], [0, '', '']);
});

test('tail follows a file until it is interrupted', BOUND, async () => {
  await guest('sh', '-c', 'echo one >/tmp/log');
  const tail = start('tail', '-f', 'web:/tmp/log');
  await tail.sees(/one\n/);
  await guest('sh', '-c', 'echo two >>/tmp/log');
  await tail.sees(/two\n/);
  tail.child.kill('SIGINT');
  assert.equal(await tail.ended, 130);
});
