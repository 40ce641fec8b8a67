// Programs, as they must work in every guest by both roads: rows of a table, run against a guest of a world.
// Each looks at effects.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { Compute, GuestAccess, GuestProcess, SpawnRequest, Via } from '../../../src/compute/index.ts';

export interface Place {
  readonly compute: Compute;
  /** Of the engine, for others on the same state. */
  readonly configFile: string;
  /** Of the instance. */
  readonly name: string;
  readonly guest: GuestAccess;
  readonly via: Via;
  /** A user of the guest who is not root. */
  readonly user: string;
  /** Debian has GNU tools, systemd and util-linux; the minimal guest has busybox alone. */
  readonly system: 'debian' | 'busybox';
}

export interface Row {
  readonly name: string;
  readonly run: (place: Place) => Promise<void>;
}

interface Output {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function ran({ guest }: Place, request: SpawnRequest, input?: Buffer): Promise<Output> {
  await using process = await guest.spawn({ ...request, stdin: input !== undefined });
  if (input !== undefined) process.stdin.end(input);
  const [stdout, stderr, end] = await Promise.all([
    text(process.stdout),
    text(process.stderr),
    process.ended,
  ]);
  return { ...end, stdout, stderr };
}

export async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads until the text matches; what came so far is in the message when the program ends first. */
export async function until(process: GuestProcess, pattern: RegExp, seen = { text: '' }): Promise<string> {
  const over = overOf(process);
  while (!pattern.test(seen.text)) {
    const chunk: Buffer | null = process.stdout.read();
    if (chunk !== null) {
      seen.text += chunk.toString('utf8');
      continue;
    }
    if (process.stdout.readableEnded) assert.fail(`ended before ${pattern}: ${JSON.stringify(seen.text)}`);
    await Promise.race([once(process.stdout, 'readable'), over]);
  }
  const matched = seen.text;
  seen.text = '';
  return matched;
}

const overs = new WeakMap<GuestProcess, Promise<void>>();

/** Resolves when the output is over; one listener a program. */
function overOf(process: GuestProcess): Promise<void> {
  const known = overs.get(process) ?? finished(process.stdout).catch(() => {});
  overs.set(process, known);
  return known;
}

export const sh = (script: string, ...args: string[]) => ['/bin/sh', '-c', script, 'sh', ...args];

export const EXEC_ROWS: readonly Row[] = [
  {
    name: 'the road is the one that was asked for, and streams are kept apart',
    run: async (place) => {
      await using process = await place.guest.spawn({ argv: sh('echo out; echo err >&2; exit 7') });
      assert.equal(process.via, place.via);
      const [stdout, stderr, end] = await Promise.all([
        text(process.stdout),
        text(process.stderr),
        process.ended,
      ]);
      assert.deepEqual([stdout, stderr, end], ['out\n', 'err\n', { exitCode: 7, signal: null }]);
    },
  },
  {
    name: 'output comes while the program runs, and input goes in',
    run: async ({ guest }) => {
      await using process = await guest.spawn({
        argv: sh('echo ready; read line; echo "got $line"; read line; exit 3'),
        stdin: true,
      });
      await until(process, /ready\n/);
      process.stdin.write('one\n');
      await until(process, /got one\n/);
      process.stdin.end('two\n');
      process.stdout.resume();
      assert.deepEqual(await process.ended, { exitCode: 3, signal: null });
    },
  },
  {
    name: 'a program that could not start is told as what it is',
    run: async (place) => {
      await assert.rejects(ran(place, { argv: ['novalet-no-such-program'] }), { code: 'EXEC_NOT_FOUND' });
      await assert.rejects(ran(place, { argv: ['/etc/passwd'] }), { code: 'EXEC_NOT_EXECUTABLE' });
      await assert.rejects(ran(place, { argv: ['true'], cwd: '/no/such' }), { code: 'EXEC_CWD_MISSING' });
      await assert.rejects(ran(place, { argv: ['true'], user: 'nobody-here' }), {
        code: 'EXEC_USER_UNKNOWN',
      });
    },
  },
  {
    name: 'user, directory and variables are as asked',
    run: async (place) => {
      const script = 'id -un; pwd; printf "%s|%s|%s\\n" "$A" "$HOME" "$USER"';
      const env = { A: "x 'y' \\ \n$z" };
      const result = await ran(place, { argv: sh(script), user: place.user, cwd: '/tmp', env });
      assert.equal(result.stderr, '');
      const [name, cwd, ...rest] = result.stdout.split('\n');
      assert.deepEqual([name, cwd], [place.user, '/tmp']);
      assert.match(rest.join('\n'), new RegExp(`^x 'y' \\\\ \\n\\$z\\|/.*\\|${place.user}\\n$`));
    },
  },
  {
    name: 'a signal reaches the program, and is told when it ended it',
    run: async ({ guest }) => {
      await using caught = await guest.spawn({
        argv: sh('trap "echo caught; exit 9" USR1; echo ready; while :; do sleep 0.1; done'),
      });
      await until(caught, /ready\n/);
      await caught.signal('SIGUSR1');
      await until(caught, /caught\n/);
      caught.stdout.resume();
      assert.deepEqual(await caught.ended, { exitCode: 9, signal: null });
      for (let turn = 0; turn < 3; turn += 1) {
        await using ended = await guest.spawn({ argv: ['sleep', '600'] });
        ended.stdout.resume();
        await ended.signal('SIGTERM'); // in its first moment
        assert.deepEqual(await ended.ended, { exitCode: null, signal: 'SIGTERM' });
      }
    },
  },
  {
    name: 'killing takes the whole tree, those with sessions of their own too',
    run: async (place) => {
      const { guest } = place;
      const mark = randomBytes(4).readUInt32BE(0) % 1_000_000_000;
      const child = `sleep ${mark}`;
      await using process = await guest.spawn({
        argv: sh(`setsid sh -c '${child} & ${child}' & (${child} &) ; echo ready; ${child}`),
      });
      await until(process, /ready\n/);
      process.stdout.resume();
      const count = `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -cx "[${String(mark)[0]}]${String(mark).slice(1)}"`;
      const started = `until [ "$(${count})" = 4 ]; do sleep 0.1; done`;
      assert.equal((await ran(place, { argv: sh(started) })).exitCode, 0);
      await process.kill();
      await process.ended;
      while ((await ran(place, { argv: sh(count) })).stdout !== '0\n'); // dying takes the guest's kernel its time
    },
  },
  {
    name: 'megabytes go in and come back whole',
    run: async ({ guest, via }) => {
      const data = randomBytes(via === 'lane' ? 8_000_000 : 700_000);
      await using process = await guest.spawn({ argv: ['cat'], stdin: true });
      const hash = createHash('sha256');
      process.stdin.end(data);
      for await (const chunk of process.stdout) hash.update(chunk);
      assert.equal(hash.digest('hex'), createHash('sha256').update(data).digest('hex'));
      assert.deepEqual(await process.ended, { exitCode: 0, signal: null });
    },
  },
  {
    name: 'a terminal has a size that follows, job control, and Ctrl-C that is the guest’s',
    run: async ({ guest, system, via }) => {
      const terminal = { rows: 31, columns: 97, term: 'xterm' };
      if (system === 'busybox' && via === 'agent') {
        const start = guest.spawn({ argv: ['/bin/sh', '-i'], terminal, stdin: true });
        await assert.rejects(start, { code: 'TERMINAL_UNSUPPORTED' }); // it has neither script(1) nor python3
        return;
      }
      await using process = await guest.spawn({ argv: ['/bin/sh', '-i'], terminal, stdin: true });
      process.stdin.write('stty -echo; PS1=; echo "$(stty size) $TERM"\n');
      await until(process, /31 97 xterm/);
      await process.resize({ rows: 40, columns: 120 });
      process.stdin.write('stty size\n');
      await until(process, /40 120/);
      process.stdin.write(
        `sh -c 'trap "echo caught; exit 3" INT; echo mark-ä; while :; do sleep 0.1; done'; echo "after $?"\n`,
      );
      await until(process, /mark-ä/);
      process.stdin.write('\u0003');
      await until(process, /caught/);
      process.stdin.write('echo alive $((6 * 7))\n');
      await until(process, /alive 42/);
      process.stdin.write('exit 5\n');
      process.stdout.resume();
      assert.deepEqual(await process.ended, { exitCode: 5, signal: null });
    },
  },
];
