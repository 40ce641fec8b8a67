// The road over a lane against the real server, run on this host as root: harmless commands only.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import { type GuestProcess, LaneRoad } from '../../../src/guest/index.ts';
import { LaneSession } from '../../../src/lane/index.ts';
import { LaneProgram } from '../../fakes/lane-program.ts';
import { MostHeld } from '../../support/held-bytes.ts';

const MIB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;
const options = { skip: isRoot ? false : 'the server sets users, which takes root', timeout: 240_000 };

interface World {
  readonly road: LaneRoad;
  readonly session: LaneSession;
  readonly program: LaneProgram;
  readonly folder: string;
}

async function world(work: (world: World) => Promise<void>): Promise<void> {
  await using program = await LaneProgram.start();
  const folder = await mkdtemp(join(tmpdir(), 'novalet-road-'));
  try {
    await using session = await LaneSession.open(await program.connect(), { peer: 't', timeoutMs: 10_000 });
    await work({ road: new LaneRoad(session), session, program, folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function output(process: GuestProcess): Promise<string> {
  const [out] = await Promise.all([text(process.stdout), text(process.stderr)]);
  await process.ended;
  return out;
}

test('output, error output, input and exit code are the program’s own', options, async () => {
  await world(async ({ road, session }) => {
    const program = await road.spawn({ argv: ['sh', '-c', 'cat; echo err >&2; exit 7'], stdin: true });
    program.stdin.end('in\0put');
    const [out, err] = await Promise.all([text(program.stdout), text(program.stderr)]);
    assert.deepEqual([out, err], ['in\0put', 'err\n']);
    assert.deepEqual(await program.ended, { exitCode: 7, signal: null });
    assert.equal(program.via, 'lane');
    const killed = await road.spawn({ argv: ['sh', '-c', 'kill -TERM $$'] });
    await output(killed);
    assert.deepEqual(await killed.ended, { exitCode: null, signal: 'SIGTERM' });
    assert.equal(session.channels, 0);
  });
});

test('arguments, environment and directory reach the program as they are', options, async () => {
  await world(async ({ road, folder }) => {
    const odd = ['a b', '', '$(id)', '"', "'", '\\', '\n', 'é', '-n', '*', ';'];
    assert.equal(await output(await road.spawn({ argv: ['printf', '%s|', ...odd] })), `${odd.join('|')}|`);
    const env = { GREETING: 'a\nb=c', PASS: new Secret('s3cret') };
    const argv = ['sh', '-c', 'printf "%s|" "$GREETING" "$PASS" "$HOME" "$USER" "$PWD"'];
    const said = await output(await road.spawn({ argv, env, cwd: folder }));
    assert.equal(said, `a\nb=c|s3cret|/root|root|${folder}|`);
    assert.equal(await output(await road.spawn({ argv: ['pwd'] })), '/\n');
    const long = ['x'.repeat(131_071), 'y'.repeat(131_071)];
    assert.equal(await output(await road.spawn({ argv: ['printf', '%s', ...long] })), long.join(''));
  });
});

test('what cannot be started is told apart', options, async () => {
  await world(async ({ road, session, folder }) => {
    const locked = join(folder, 'locked');
    await mkdir(locked, { mode: 0o700 });
    const cases = [
      [{ argv: ['no-such-command'] }, 'EXEC_NOT_FOUND'],
      [{ argv: ['/no/such/file'] }, 'EXEC_NOT_FOUND'],
      [{ argv: ['/etc/passwd'] }, 'EXEC_NOT_EXECUTABLE'],
      [{ argv: ['/etc'] }, 'EXEC_NOT_EXECUTABLE'],
      [{ argv: ['true'], cwd: '/no/such/directory' }, 'EXEC_CWD_MISSING'],
      [{ argv: ['true'], cwd: locked, user: 'nobody' }, 'EXEC_CWD_MISSING'],
      [{ argv: ['true'], user: 'no-such-user' }, 'EXEC_USER_UNKNOWN'],
      [{ argv: ['true'], user: '4242424' }, 'EXEC_USER_UNKNOWN'],
      [{ argv: ['a\0b'] }, 'EXEC_ARGUMENT_INVALID'],
      [{ argv: ['true', ...Array<string>(17).fill('x'.repeat(131_000))] }, 'LANE_REQUEST_TOO_LARGE'],
      [{ argv: ['true', ...Array<string>(300_000).fill('')] }, 'EXEC_ARGUMENT_INVALID'],
      [{ argv: ['true'], env: { 'A=B': '' } }, 'EXEC_ENV_INVALID'],
      [{ argv: ['true'], cwd: 'relative' }, 'EXEC_CWD_INVALID'],
    ] as const;
    for (const [request, code] of cases) {
      await assert.rejects(
        road.spawn(request),
        (error) => isFault(error, code) && error.outcome === 'not-done',
        code,
      );
    }
    assert.equal(session.channels, 0);
  });
});

test('a program runs as the user, with that user’s groups and environment', options, async () => {
  await world(async ({ road }) => {
    const id = await road.spawn({ argv: ['sh', '-c', 'id -un; id -G; echo $HOME $LOGNAME'], user: 'nobody' });
    assert.equal(await output(id), 'nobody\n65534\n/nonexistent nobody\n');
    assert.equal(await output(await road.spawn({ argv: ['id', '-un'], user: '65534' })), 'nobody\n');
    const root = await road.spawn({ argv: ['id', '-u'], user: '0' });
    assert.equal(await output(root), '0\n');
  });
});

test('200 MiB go in and out with the same digest and flat memory', options, async () => {
  await world(async ({ road }) => {
    const total = 200 * MIB;
    const piece = Buffer.alloc(MIB, 'novalet ');
    const held = new MostHeld();
    const sent = createHash('blake2b512');
    const got = createHash('blake2b512');
    const program = await road.spawn({ argv: ['cat'], stdin: true });
    const source = Readable.from(
      (function* () {
        for (let at = 0; at < total; at += piece.length) {
          piece.writeUInt32BE(at, 0);
          sent.update(piece);
          yield Buffer.from(piece);
        }
      })(),
      { objectMode: false },
    );
    let length = 0;
    const reading = (async () => {
      for await (const bytes of program.stdout) {
        got.update(bytes);
        length += bytes.length;
        held.look();
      }
    })();
    await Promise.all([pipeline(source, program.stdin), reading, program.ended]);
    assert.equal(length, total);
    assert.equal(got.digest('hex'), sent.digest('hex'));
    assert.ok(held.bytes < 32 * MIB, `${held.bytes / MIB} MiB were held`);
  });
});

test('a terminal is one: its size, its name, its resizing, and Ctrl-C', options, async () => {
  await world(async ({ road }) => {
    const terminal = { rows: 31, columns: 97, term: 'xterm-256color' };
    const shell = await road.spawn({
      argv: [
        'sh',
        '-c',
        'trap "stty size; exit 3" INT; tty; pwd; echo $TERM; stty size; while :; do sleep 0.05; done',
      ],
      terminal,
    });
    const lines = linesOf(shell.stdout);
    assert.match(await lines.next(), /^\/dev\/pts\/\d+$/);
    assert.equal(await lines.next(), '/root');
    assert.equal(await lines.next(), 'xterm-256color');
    assert.equal(await lines.next(), '31 97');
    await shell.resize({ rows: 40, columns: 132 });
    shell.stdin.write('\x03');
    assert.match(await lines.next(), /40 132$/);
    assert.deepEqual(await shell.ended, { exitCode: 3, signal: null });
    assert.equal(await text(shell.stderr), '');
    await using homeless = await road.spawn({ argv: ['pwd'], terminal, user: 'nobody' });
    assert.equal(await output(homeless), '/\r\n');
  });
});

test('kill ends the whole tree, whatever sessions its members made', options, async () => {
  await world(async ({ road, session }) => {
    const script = 'setsid sleep 1000 & echo $!; sleep 1000 & echo $!; echo $$; wait';
    const program = await road.spawn({ argv: ['sh', '-c', script] });
    const lines = linesOf(program.stdout);
    const pids = [await lines.next(), await lines.next(), await lines.next()];
    assert.equal(Number(pids[2]), program.pid);
    for (const pid of pids) assert.ok(existsSync(`/proc/${pid}/stat`), `${pid} runs`);
    await program.kill();
    assert.deepEqual(await program.ended, { exitCode: null, signal: 'SIGKILL' });
    await gone(road, pids);
    const disposed = await road.spawn({ argv: ['sh', '-c', script] });
    const more = linesOf(disposed.stdout);
    const others = [await more.next(), await more.next(), await more.next()];
    await disposed[Symbol.asyncDispose]();
    await gone(road, others);
    assert.equal(session.channels, 0);
  });
});

test('a signal reaches the process group', options, async () => {
  await world(async ({ road }) => {
    await using program = await road.spawn({
      argv: ['sh', '-c', 'trap "exit 9" HUP; echo ready; while :; do sleep 0.05; done'],
    });
    await linesOf(program.stdout).next();
    await program.signal('SIGHUP');
    assert.deepEqual(await program.ended, { exitCode: 9, signal: null });
    await assert.rejects(program.signal('SIGNOTHING'), (error) => isFault(error, 'EXEC_SIGNAL_UNKNOWN'));
  });
});

test('a program whose output nobody reads waits, and goes on when it is read', options, async () => {
  await world(async ({ road, folder }) => {
    const mark = join(folder, 'mark');
    const script = `head -c ${40 * MIB} /dev/zero; : > ${mark}`;
    const program = await road.spawn({ argv: ['sh', '-c', script] });
    // Its neighbours are not held up, and by then it has filled whatever it may.
    assert.equal(await output(await road.spawn({ argv: ['sleep', '0.3'] })), '');
    assert.equal(existsSync(mark), false);
    let length = 0;
    for await (const bytes of program.stdout) length += bytes.length;
    assert.equal(length, 40 * MIB);
    assert.deepEqual(await program.ended, { exitCode: 0, signal: null });
    assert.equal(existsSync(mark), true);
  });
});

test('files are written in every manner, with their mode and digest', options, async () => {
  await world(async ({ road, folder, session }) => {
    const path = join(folder, 'file');
    const write = async (how: 'new' | 'truncate' | 'at', bytes: string, offset = 0) => {
      await using sink = await road.openWrite(path, { mode: 0o640, how, offset, withDigest: true });
      await pipeline(Readable.from([Buffer.from(bytes)]), sink.stream);
      const { bytes: count, digest } = await sink.finished;
      assert.equal(count, bytes.length);
      assert.deepEqual(digest, {
        algorithm: 'blake2b512',
        hex: createHash('blake2b512').update(bytes).digest('hex'),
      });
    };
    await write('new', 'first words');
    assert.equal((await stat(path)).mode & 0o7777, 0o640);
    await assert.rejects(write('new', 'again'), (error) => isFault(error, 'GUEST_FILE_EXISTS'));
    await write('at', 'line', 6);
    assert.equal(await readFile(path, 'utf8'), 'first line');
    await write('truncate', 'short');
    assert.equal(await readFile(path, 'utf8'), 'short');
    assert.equal(session.channels, 0);
  });
});

test('files are read from any offset, and a stale reader lets go', options, async () => {
  await world(async ({ road, folder, session }) => {
    const path = join(folder, 'file');
    const bytes = Buffer.alloc(20 * MIB, 'abcdefg');
    await writeFile(path, bytes);
    const whole = await road.openRead(path, { withDigest: true });
    const hash = createHash('blake2b512');
    for await (const piece of whole.stream) hash.update(piece);
    assert.equal(whole.size, bytes.length);
    assert.equal((await whole.digest).hex, hash.digest('hex'));
    assert.equal((await whole.digest).hex, createHash('blake2b512').update(bytes).digest('hex'));
    const tail = await road.openRead(path, { offset: bytes.length - 3 });
    assert.equal(await text(tail.stream), bytes.subarray(-3).toString());
    await assert.rejects(tail.digest, (error) => isFault(error, 'LANE_NO_DIGEST'));
    const left = await road.openRead(path);
    await once(left.stream, 'readable');
    await left[Symbol.asyncDispose]();
    assert.equal(session.channels, 0);
  });
});

test('a file that cannot be opened says why', options, async () => {
  await world(async ({ road, folder }) => {
    const secret = join(folder, 'secret');
    await writeFile(secret, 'x', { mode: 0o600 });
    await chmod(folder, 0o755);
    const reads = [
      ['/no/such/file', {}, 'GUEST_FILE_NOT_FOUND'],
      [secret, { user: 'nobody' }, 'GUEST_FILE_DENIED'],
      ['/etc', {}, 'GUEST_FILE_REFUSED'],
      ['/dev/null', {}, 'GUEST_FILE_REFUSED'],
      ['', {}, 'GUEST_PATH_INVALID'],
      ['/a\0b', {}, 'GUEST_PATH_INVALID'],
      [secret, { offset: -1 }, 'GUEST_OFFSET_INVALID'],
    ] as const;
    for (const [path, request, code] of reads)
      await assert.rejects(road.openRead(path, request), (error) => isFault(error, code), `${path}: ${code}`);
    const inFolder = road.openWrite(join(folder, 'new'), { mode: 0o600, how: 'new', user: 'nobody' });
    await assert.rejects(inFolder, (error) => isFault(error, 'GUEST_FILE_DENIED'));
  });
});

test('connections are made into the guest, and end in each direction by itself', options, async () => {
  await world(async ({ road, folder, session }) => {
    const echo = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket));
    const path = join(folder, 'echo.sock');
    await once(echo.listen(path), 'listening');
    const connection = await road.connect({ path });
    connection.end('over the lane');
    assert.equal(await text(connection), 'over the lane');
    echo.close();
    await assert.rejects(road.connect({ path: join(folder, 'none') }), (error) =>
      isFault(error, 'GUEST_CONNECT_FAILED'),
    );
    await assert.rejects(road.connect({ host: '127.0.0.1', port: 1 }), (error) =>
      isFault(error, 'GUEST_CONNECT_FAILED'),
    );
    assert.equal(session.channels, 0);
  });
});

test('what connects to a listener in the guest comes out here', options, async () => {
  await world(async ({ road, session }) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    await using listener = await road.listen({ host: '127.0.0.1', port: 0 }, async (connection, from) => {
      assert.equal(from.host, '127.0.0.1');
      connection.end('welcome');
      resolve(await text(connection));
    });
    const client = connect({ host: '127.0.0.1', port: listener.port ?? 0 });
    client.end('who listens?');
    assert.equal(await text(client), 'welcome');
    assert.equal(await promise, 'who listens?');
    await listener.close();
    await assert.rejects(
      once(connect({ host: '127.0.0.1', port: listener.port ?? 0 }), 'connect'),
      /ECONNREFUSED/,
    );
    assert.equal(session.channels, 0);
  });
});

test('connections and listeners are the user’s, whom sockets in the guest know', options, async () => {
  await world(async ({ road, folder }) => {
    await chmod(folder, 0o777);
    const [theirs, roots] = [join(folder, 'theirs.sock'), join(folder, 'roots.sock')];
    const ignore = () => undefined;
    const listener = await road.listen({ path: theirs }, ignore, { user: 'nobody' });
    assert.equal((await stat(theirs)).uid, 65_534);
    await chmod(theirs, 0o600);
    (await road.connect({ path: theirs }, { user: 'nobody' })).destroy();
    await listener.close();
    const server = createServer();
    await once(server.listen(roots), 'listening');
    await chmod(roots, 0o600);
    const denied = (error: unknown) => isFault(error, 'GUEST_CONNECT_FAILED') && /EACCES/.test(error.message);
    await assert.rejects(road.connect({ path: roots }, { user: 'nobody' }), denied);
    (await road.connect({ path: roots })).destroy();
    server.close();
    const unknown = (error: unknown) => isFault(error, 'EXEC_USER_UNKNOWN');
    await assert.rejects(road.connect({ path: roots }, { user: 'nobody-at-all' }), unknown);
    await assert.rejects(road.listen({ path: roots }, ignore, { user: 'nobody-at-all' }), unknown);
  });
});

test('200 programs at once each get their own bytes', options, async () => {
  await world(async ({ road, session }) => {
    const words = Array.from({ length: 200 }, (_, at) => `word ${at} `.repeat(2000));
    const outputs = await Promise.all(
      words.map(async (word) => {
        const program = await road.spawn({ argv: ['cat'], stdin: true });
        program.stdin.end(word);
        return await output(program);
      }),
    );
    assert.deepEqual(outputs, words);
    assert.equal(session.channels, 0);
  });
});

test('the built-in SFTP server answers as version 3', options, async () => {
  await world(async ({ road }) => {
    await using sftp = await road.openSftp('nobody', 'read-only');
    sftp.stdin.write(Buffer.from([0, 0, 0, 5, 1, 0, 0, 0, 3])); // SSH_FXP_INIT
    const [answer] = await once(sftp.stdout, 'data');
    assert.equal(answer[4], 2); // SSH_FXP_VERSION
    assert.equal(answer.readUInt32BE(5), 3);
  });
});

test('a server that dies breaks what runs, with an unknown outcome', options, async () => {
  await world(async ({ road, session, program }) => {
    const sleeper = await road.spawn({ argv: ['sleep', '1000'] });
    const reading = text(sleeper.stdout);
    const isLost = (error: unknown) => isFault(error, 'LANE_LOST') && error.outcome === 'unknown';
    program.child.kill('SIGKILL');
    await assert.rejects(sleeper.ended, isLost);
    await assert.rejects(reading, isLost);
    assert.equal((await session.ended).code, 'LANE_LOST');
    await assert.rejects(road.spawn({ argv: ['true'] }), (error) => isFault(error, 'LANE_LOST'));
    process.kill(sleeper.pid, 'SIGKILL'); // a server that was killed could not
  });
});

test('a start that is cancelled leaves nothing behind, and quit ends the server', options, async () => {
  await world(async ({ road, session, program }) => {
    await output(await road.spawn({ argv: ['true'] }));
    const stop = new AbortController();
    const starting = road.spawn({ argv: ['sleep', '1000'], signal: stop.signal });
    stop.abort();
    await assert.rejects(starting, (error) => isFault(error, 'CANCELLED'));
    assert.ok((await session.ping(10_000)) >= 0);
    assert.equal(session.channels, 0);
    const exit = once(program.child, 'exit');
    await session.quit();
    assert.deepEqual(await exit, [0, null]);
  });
});

/** Waits until the guest's kernel knows none of them. */
async function gone(road: LaneRoad, pids: readonly string[]): Promise<void> {
  const script =
    'for p in "$@"; do while [ -e /proc/$p ] && ! grep -q "^State:.Z" /proc/$p/status; do sleep 0.01; done; done';
  await output(await road.spawn({ argv: ['sh', '-c', script, 'sh', ...pids] }));
}

function linesOf(stream: Readable): { next(): Promise<string> } {
  const lines = stream.pipe(new PassThrough({ encoding: 'utf8' }));
  let held = '';
  return {
    next: async () => {
      for (;;) {
        const at = held.indexOf('\n');
        if (at >= 0) {
          const line = held.slice(0, at).replace(/\r$/, '');
          held = held.slice(at + 1);
          return line;
        }
        const piece: unknown = lines.read();
        if (typeof piece === 'string') held += piece;
        else if (lines.readableEnded) throw new Error(`the stream ended behind "${held}"`);
        else await Promise.race([once(lines, 'readable'), once(lines, 'end')]);
      }
    },
  };
}
