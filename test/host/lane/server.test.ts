// The server inside guests (native/lane), compiled with sanitizers and run on this host, over its standard streams.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { access, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FLAG, FRAME, field, fields, integer, pair, TAG } from './server-wire.ts';
import { buildServer, digestOf, gone, Lane, SERVER, stateOf } from './server-world.ts';

const NOBODY = 65_534;
const AS_NOBODY = [
  [TAG.uid, NOBODY],
  [TAG.gid, NOBODY],
] as const;
const SIGINT = 2;
const SIGKILL = 9;
const SIGTERM = 15;
const CREDIT = 262_144;
const folder = mkdtempSync('/var/tmp/nvt-lane-');

before(async () => {
  await buildServer();
  await chmod(folder, 0o755);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function mostMemoryKiB(pid: number): number {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]);
}

/** Waits until a file that a program writes is whole: it ends with a newline. */
async function written(name: string): Promise<string> {
  const path = join(folder, name);
  for (;;) {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (text.endsWith('\n')) return text.trim();
    await nextTurn();
  }
}

test('the welcome tells of the build, the boot and the machine', async () => {
  await using lane = await Lane.start();
  const facts = new Map(Object.entries(Object(lane.facts)));
  assert.match(String(facts.get('server')), /^[0-9a-f]{16}$/);
  assert.equal(facts.get('bootId'), readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  assert.equal(facts.get('pid'), lane.child.pid);
  assert.equal(facts.get('uid'), process.getuid?.());
});

test('it orders the kernel to reseed, and tells by its status when that is refused', async () => {
  assert.equal(spawnSync(SERVER, ['reseed']).status, 0);
  const words = ['--bounding-set=-sys_admin', SERVER, 'reseed'];
  const { status, stderr } = spawnSync('setpriv', words, { encoding: 'utf8' });
  assert.deepEqual([status, stderr], [1, 'novalet-lane: Operation not permitted\n']);
});

test('output, errors and exit code of a program come apart and are its own', async () => {
  await using lane = await Lane.start();
  const ended = await lane.run(1, ['sh', '-c', 'echo out; echo err >&2; exit 3']);
  assert.equal(ended.stdout.toString(), 'out\n');
  assert.equal(ended.stderr.toString(), 'err\n');
  assert.deepEqual([ended.code, ended.signal], [3, 0]);
  const killed = await lane.run(1, ['sh', '-c', 'kill -TERM $$']);
  assert.deepEqual([killed.code, killed.signal], [0, SIGTERM]);
});

test('the environment, the directory and the arguments are those asked for', async () => {
  await using lane = await Lane.start();
  const words = [
    'sh',
    '-c',
    'pwd; echo "$NAME|$1|$HOME"; umask; tr "\\0" "\\n" < /proc/self/environ | wc -l',
    'x',
    'a b"c',
  ];
  const ended = await lane.run(1, words, [
    [TAG.cwd, '/usr'],
    [TAG.env, 'NAME=value'],
  ]);
  const [directory, line, mask] = ended.stdout.toString().split('\n');
  assert.deepEqual([directory, line, mask], ['/usr', 'value|a b"c|', '0022']);
});

test('a program that cannot be started says why, and its number is free again', async () => {
  await using lane = await Lane.start();
  const cases = [
    [['no-such-program'], [], 'exec', 2],
    [['/etc/passwd'], [], 'exec', 13],
    [['true'], [[TAG.cwd, '/nowhere']], 'cwd', 2],
    [['true'], [[TAG.uid, NOBODY]], 'user', 22],
  ] as const;
  for (const [argv, more, where, error] of cases) {
    lane.send(1, FRAME.spawn, fields([...argv.map((word) => [TAG.arg, word] as const), ...more]));
    const failed = await lane.expect(1, FRAME.failed);
    assert.equal(field(failed.payload, TAG.where).toString(), where);
    assert.equal(field(failed.payload, TAG.errno).readUInt32BE(), error);
  }
  assert.equal((await lane.run(1, ['true'])).code, 0);
});

test('a program runs as the user and the groups that are given', async () => {
  await using lane = await Lane.start();
  const ended = await lane.run(
    1,
    ['sh', '-c', 'id -u; id -g; id -G'],
    [...AS_NOBODY, [TAG.group, 7], [TAG.group, 9]],
  );
  assert.equal(ended.stdout.toString(), `${NOBODY}\n${NOBODY}\n${NOBODY} 7 9\n`);
});

test('input arrives whole, and both digests are of what went through', async () => {
  await using lane = await Lane.start();
  const bytes = randomBytes(100_000);
  await lane.spawn(1, ['cat'], [[TAG.flags, FLAG.stdin | FLAG.digestIn | FLAG.digestOut]]);
  for (let at = 0; at < bytes.length; at += 30_000) lane.send(1, FRAME.data, bytes.subarray(at, at + 30_000));
  lane.send(1, FRAME.eof);
  const ended = await lane.ended(1);
  assert.ok(ended.stdout.equals(bytes));
  const digests = ended.frames.filter((frame) => frame.type === FRAME.eof && frame.stream < 2);
  assert.deepEqual(
    digests.map((frame) => frame.payload.toString('hex')),
    [digestOf(bytes), digestOf(bytes)],
  );
});

test('what a program does not read is dropped with its credit given back, once it has closed its input', async () => {
  await using lane = await Lane.start();
  await lane.spawn(1, ['sh', '-c', 'exec <&-; echo closed; sleep 100'], [[TAG.flags, FLAG.stdin]]);
  await lane.read(1, 'closed');
  let given = 0;
  for (let sent = 0; sent < CREDIT; sent += 32_768 / 2) lane.send(1, FRAME.data, Buffer.alloc(32_768 / 2));
  while (given < CREDIT - 65_536) given += (await lane.expect(1, FRAME.window)).payload.readUInt32BE();
  lane.send(1, FRAME.close);
  await lane.until(1, FRAME.close);
});

test('a terminal has a size, follows its changes, and Ctrl-C reaches the program in front', async () => {
  await using lane = await Lane.start();
  const script =
    'stty size; test -t 2 && echo yes; read line; stty size; echo "$line ready"; exec sleep 1000';
  await lane.spawn(1, ['sh', '-c', script], [[TAG.terminal, pair(40, 100)]]);
  assert.match(await lane.read(1, 'yes'), /40 100\r\n/);
  lane.send(1, FRAME.resize, pair(50, 120));
  lane.send(1, FRAME.data, Buffer.from('one\n'));
  assert.match(await lane.read(1, 'one ready'), /50 120\r\n/);
  lane.send(1, FRAME.data, Buffer.of(3));
  assert.equal((await lane.ended(1, true)).signal, SIGINT);
});

test('a signal for the group of a terminal reaches the program in front', async () => {
  const seconds = `98765${process.pid}`; // which no other run's sleep has
  await using lane = await Lane.start();
  await lane.spawn(
    1,
    ['sh', '-ic', `sleep ${seconds}; echo status $?`],
    [
      [TAG.terminal, pair(24, 80)],
      [TAG.env, 'ENV='],
    ],
  );
  lane.send(
    2,
    FRAME.spawn,
    fields(
      ['sh', '-c', `until pgrep -f "^sleep ${seconds}$" >/dev/null; do :; done`].map(
        (word) => [TAG.arg, word] as const,
      ),
    ),
  );
  await lane.ended(2);
  lane.send(1, FRAME.signal, Buffer.concat([integer(SIGTERM), Buffer.of(0)]));
  await lane.read(1, 'status 143');
  assert.equal((await lane.ended(1, true)).code, 0);
});

test('the end of a terminal’s input ends what reads by lines', async () => {
  await using lane = await Lane.start();
  await lane.spawn(1, ['sh', '-c', 'stty -echo; echo ready; cat; echo over'], [[TAG.terminal, pair(24, 80)]]);
  await lane.read(1, 'ready\r\n');
  lane.send(1, FRAME.data, Buffer.from('line\n'));
  lane.send(1, FRAME.eof);
  assert.equal((await lane.ended(1, true)).stdout.toString().replaceAll('\r', ''), 'line\nover\n');
});

test('a program that writes what nobody takes is held up, and the server stays small', async () => {
  await using lane = await Lane.start();
  lane.takesAll = false;
  await lane.run(9, ['true']);
  const before = mostMemoryKiB(lane.child.pid ?? 0);
  await lane.spawn(1, ['sh', '-c', `head -c 100000000 /dev/zero; echo over > ${folder}/never`]);
  let came = 0;
  while (came < CREDIT) came += (await lane.expect(1, FRAME.data)).payload.length;
  lane.send(0, FRAME.ping, Buffer.from('still'));
  assert.equal((await lane.expect(0, FRAME.pong)).payload.toString(), 'still');
  assert.equal(came, CREDIT);
  assert.equal(lane.waiting, 0);
  assert.ok(mostMemoryKiB(lane.child.pid ?? 0) - before < 8192);
  lane.send(1, FRAME.close);
  await lane.expect(1, FRAME.close);
  await assert.rejects(access(join(folder, 'never')));
});

test('input beyond the credit ends the session, and the server is there for the next', async () => {
  await using lane = await Lane.start();
  const pid = await lane.spawn(1, ['sleep', '1000'], [[TAG.flags, FLAG.stdin]]);
  // A pipe takes a mebibyte before the credit is of any use.
  for (let i = 0; i < 9 + 33; i++) lane.send(1, FRAME.data, Buffer.alloc(32_744));
  await gone(pid);
  await lane.greet();
  assert.equal((await lane.run(1, ['true'])).code, 0);
});

test('CLOSE kills daemons that forked twice and made a session of their own', async () => {
  await using lane = await Lane.start();
  const script = `(setsid sh -c 'sleep 1000 & echo $! $$ > ${folder}/daemon; wait' >/dev/null 2>&1 &) ; sleep 1000`;
  const pid = await lane.spawn(1, ['sh', '-c', script]);
  const [sleeper, shell] = (await written('daemon')).split(' ').map(Number);
  lane.send(1, FRAME.close);
  await lane.expect(1, FRAME.close);
  for (const one of [pid, sleeper ?? 0, shell ?? 0]) await gone(one);
});

test('a daemon of a program that ended by itself lives on, and holds nothing up', async () => {
  await using lane = await Lane.start();
  const ended = await lane.run(1, ['sh', '-c', `sleep 1000 & echo $! > ${folder}/kept; echo done`]);
  assert.equal(ended.stdout.toString(), 'done\n');
  const kept = Number(await written('kept'));
  assert.ok(stateOf(kept) !== undefined && stateOf(kept) !== 'Z');
  process.kill(kept, 'SIGKILL');
});

test('a signal for the tree reaches all of it, and for the group the group', async () => {
  await using lane = await Lane.start();
  await lane.spawn(1, ['sh', '-c', `setsid sleep 1000 & echo $! > ${folder}/other; exec sleep 1000`]);
  const other = Number(await written('other'));
  lane.send(1, FRAME.signal, Buffer.concat([integer(SIGKILL), Buffer.of(1)]));
  assert.equal((await lane.ended(1)).signal, SIGKILL);
  await gone(other);
});
