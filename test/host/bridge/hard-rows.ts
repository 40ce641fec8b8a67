// The hard cases of programs: a terminal's job control, letters of many bytes, trees that run away while they are
// killed, and input that nobody reads.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type Place, type Row, ran, sh, until } from './rows.ts';

const MB = 1_000_000;
/** More than both roads keep on their way. */
const MOST_ON_THE_WAY = 24 * MB;

/** Whether the guest gives this road terminals at all: over the agent it takes script(1) or python3. */
function hasTerminals({ system, via }: Place): boolean {
  return system === 'debian' || via === 'lane';
}

/** KiB that the guest's kernel counts as files in memory, and the resident memory of our server there. */
async function heldInGuest(place: Place): Promise<number> {
  const script = `awk '/^Shmem:/ { print $2 }' /proc/meminfo
for p in /proc/[0-9]*; do grep -qs '^novalet-lane' $p/comm && awk '/^VmRSS:/ { print $2 }' $p/status; done 2>/dev/null; true`;
  const { stdout } = await ran(place, { argv: sh(script) });
  return stdout
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + Number(line), 0);
}

/** Starts three of the script, each in a session of its own, kills the program that did, and looks whether one lives on. */
async function killedWhole(place: Place, scriptIn: (folder: string) => string): Promise<void> {
  const folder = `/tmp/flight-${randomBytes(4).toString('hex')}`;
  const write = sh(`mkdir ${folder}; cat >${folder}/run`);
  assert.equal((await ran(place, { argv: write }, Buffer.from(scriptIn(folder)))).exitCode, 0);
  try {
    const start = `trap "" TERM; for i in 1 2 3; do setsid sh ${folder}/run & done; echo up; sleep 1000`;
    await using process = await place.guest.spawn({ argv: sh(start) });
    await until(process, /up/);
    process.stdout.resume();
    process.stderr.resume();
    const flees = `until [ -e ${folder}/alive ]; do sleep 0.1; done; sleep 1`;
    assert.equal((await ran(place, { argv: sh(flees) })).exitCode, 0);
    await process.kill();
    assert.deepEqual(await process.ended, { exitCode: null, signal: 'SIGKILL' });
    // Were one left, it would say within two seconds that it lives.
    const silence = `rm -f ${folder}/alive; sleep 2; ls ${folder}`;
    assert.equal((await ran(place, { argv: sh(silence) })).stdout, 'run\n');
  } finally {
    await ran(place, { argv: sh(`: >${folder}/stop; sleep 2; rm -rf ${folder}`) });
  }
}

export const HARD_ROWS: readonly Row[] = [
  {
    name: 'on a terminal Ctrl-Z stops what is in front, fg brings it back, and Ctrl-C ends it alone',
    run: async (place) => {
      if (!hasTerminals(place)) return;
      const terminal = { rows: 24, columns: 80, term: 'xterm' };
      await using shell = await place.guest.spawn({ argv: ['/bin/sh', '-i'], terminal, stdin: true });
      shell.stdin.write('stty -echo; PS1=; echo "be""gun"\n');
      await until(shell, /begun/);
      const mark = String(100_000_000 + (randomBytes(4).readUInt32BE(0) % 800_000_000));
      shell.stdin.write(`sh -c 'echo in front; exec sleep ${mark}'\n`);
      await until(shell, /in front/);
      const known = `[${mark[0]}]${mark.slice(1)}`; // no word of this very search
      const state = `for f in $(grep -lszx '${known}' /proc/[0-9]*/cmdline); do sed -n 's/^State:.\\(.\\).*/\\1/p' \${f%/*}/status; done`;
      const runs = `until [ "$(${state})" = S ]; do sleep 0.1; done`;
      const itRuns = async () =>
        assert.equal((await ran(place, { argv: ['timeout', '30', ...sh(runs)] })).exitCode, 0);
      await itRuns(); // and is not the shell any more that becomes it
      shell.stdin.write('\u001a');
      await until(shell, /[Ss]topped/);
      assert.equal((await ran(place, { argv: sh(state) })).stdout, 'T\n');
      shell.stdin.write('echo "still here"; fg\n');
      await until(shell, /still here[\s\S]*sleep/);
      await itRuns();
      shell.stdin.write('\u0003');
      shell.stdin.write('echo "after $?"\n');
      await until(shell, /after 130/);
      shell.stdin.write('exit 0\n');
      shell.stdout.resume();
      assert.deepEqual(await shell.ended, { exitCode: 0, signal: null });
    },
  },
  {
    name: 'colours and letters of many bytes come through a terminal as they are, and are erased whole',
    run: async (place) => {
      if (!hasTerminals(place)) return;
      const terminal = { rows: 24, columns: 80, term: 'xterm-256color' };
      const script =
        'stty -echo; printf "\\033[38;5;196m%s\\033[0m\\n" "$TERM é 漢 🙂"; read -r line; printf "<%s>\\n" "$line"';
      await using process = await place.guest.spawn({ argv: sh(script), terminal, stdin: true });
      const seen = await until(process, /\n/);
      assert.equal(seen, '\u001b[38;5;196mxterm-256color é 漢 🙂\u001b[0m\r\n');
      process.stdin.write('aé\u007f漢🙂\u007fö\n');
      assert.equal(await until(process, /\n/), '<a漢ö>\r\n');
      process.stdout.resume();
      assert.deepEqual(await process.ended, { exitCode: 0, signal: null });
    },
  },
  {
    name: 'a tree that ignores every signal it can, forks without end and has sessions of its own is killed whole',
    run: async (place) => {
      // Three that go on forking; their children have sessions of their own too.
      const bomb = (folder: string) =>
        `trap "" TERM HUP INT QUIT USR1; while [ ! -e ${folder}/stop ]; do setsid sh -c ': >${folder}/alive; sleep 1' & sleep 0.1; done`;
      await killedWhole(place, bomb);
    },
  },
  {
    name: 'a chain of processes that each end as soon as their successor runs is killed whole',
    run: async (place) => {
      // Without cgroups there is neither a parent nor a session to find the next one by, and the agent's road, whose search
      // is a shell's, may come too late.
      if (place.system !== 'debian' && place.via === 'agent') return;
      await killedWhole(
        place,
        (folder) => `[ -e ${folder}/stop ] && exit; : >${folder}/alive; sleep 0.05; setsid sh "$0" &`,
      );
    },
  },
  {
    name: 'input that a program does not read waits with us, and the guest keeps little of it',
    run: async (place) => {
      const before = await heldInGuest(place);
      await using process = await place.guest.spawn({ argv: ['sleep', '1000'], stdin: true });
      process.stderr.resume();
      const piece = Buffer.alloc(65_536, 'x');
      let sent = 0;
      let isOver = false;
      const total = 40 * MB;
      const ended = process.ended.then(() => 'ended' as const);
      const send = async () => {
        while (sent < total) {
          sent += piece.length;
          if (process.stdin.write(piece)) continue;
          if ((await Promise.race([once(process.stdin, 'drain'), ended])) === 'ended') return;
        }
        isOver = true;
      };
      const sending = send();
      let last = -1;
      while (last !== sent) {
        last = sent;
        await ran(place, { argv: ['sleep', '1'] }); // what may go on its way has gone
      }
      assert.ok(!isOver && sent < MOST_ON_THE_WAY, `${sent / MB} MB were taken`);
      const held = (await heldInGuest(place)) - before;
      assert.ok(held < 16_000, `${held} KiB are kept in the guest's memory`);
      await process.kill();
      process.stdout.resume();
      await process.ended;
      await sending.catch(() => {});
    },
  },
];
