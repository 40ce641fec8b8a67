// What the road over a lane asks of the guest, and what it makes of the answers.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { LaneRoad } from '../../../src/guest/index.ts';
import { LaneSession } from '../../../src/lane/index.ts';
import { FakeLaneServer, type FakeProgram } from '../../fakes/lane-server.ts';

const PASSWD =
  'root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000:A:/home/alice:/bin/zsh\nodd:x:77:77::nowhere:\n';
const GROUP = 'root:x:0:\nwheel:x:10:root,alice\nalice:x:1000:\nvideo:x:44:alice,bob\n';

async function world(work: (server: FakeLaneServer, road: LaneRoad) => Promise<void>): Promise<void> {
  await using server = await FakeLaneServer.listen();
  server.files.set('/etc/passwd', { bytes: Buffer.from(PASSWD), mode: 0o644 });
  server.files.set('/etc/group', { bytes: Buffer.from(GROUP), mode: 0o644 });
  await using session = await LaneSession.open(connect({ path: server.path }), {
    peer: 't',
    timeoutMs: 60_000,
  });
  await work(server, new LaneRoad(session));
}

/** Programs that say a line and end. */
function says(
  server: FakeLaneServer,
  name: string,
  answer: (argv: readonly string[]) => string | undefined,
): void {
  server.programs.set(name, (program) => {
    program.opened();
    const line = answer(program.argv);
    if (line) program.write(1, Buffer.from(line));
    program.eof(1);
    program.eof(2);
    program.exit(line === undefined ? 2 : 0);
  });
}

function last(server: FakeLaneServer): FakeProgram {
  const program = server.spawned.at(-1);
  assert.ok(program);
  return program;
}

test('root is found in the files, and no program is started for it', async () => {
  await world(async (server, road) => {
    await (await road.spawn({ argv: ['true'] })).ended;
    assert.equal(server.spawned.length, 1);
    const { env, uid, groups, cwd } = last(server);
    assert.deepEqual([uid, groups, cwd], [0, [0, 10], '/']);
    assert.deepEqual(env, {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      USER: 'root',
      LOGNAME: 'root',
      SHELL: '/bin/bash',
    });
  });
});

test('another user is asked of the guest’s name services, once for 30 s', async () => {
  await world(async (server, road) => {
    says(server, 'getent', ([, , user]) => `${user}:*:5000:6000:From LDAP:/net/carol:/bin/sh\n`);
    says(server, 'id', () => '6000 70 71\n');
    for (let at = 0; at < 2; at += 1) await (await road.spawn({ argv: ['true'], user: 'carol' })).ended;
    assert.deepEqual(
      server.spawned.map(({ argv }) => argv.join(' ')),
      ['getent passwd carol', 'id -G carol', 'true', 'true'],
    );
    const { uid, groups, env } = last(server);
    assert.deepEqual([uid, groups, env['HOME']], [5000, [6000, 70, 71], '/net/carol']);
    assert.equal(env['PATH'], '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games');
  });
});

test('a guest without getent and id is read by its files', async () => {
  await world(async (server, road) => {
    for (const user of ['alice', '1000']) {
      await (await road.spawn({ argv: ['true'], user })).ended;
      const { uid, groups, env } = last(server);
      assert.deepEqual([uid, groups, env['USER'], env['SHELL']], [1000, [1000, 10, 44], 'alice', '/bin/zsh']);
    }
    await (await road.spawn({ argv: ['true'], user: 'odd' })).ended;
    assert.deepEqual([last(server).env['HOME'], last(server).env['SHELL']], ['/', '/bin/sh']);
    const nobody = road.spawn({ argv: ['true'], user: 'mallory' });
    await assert.rejects(nobody, (error) => isFault(error, 'EXEC_USER_UNKNOWN'));
  });
});

test('a user whom the name services do not know is unknown, whatever the files say', async () => {
  await world(async (server, road) => {
    says(server, 'getent', () => undefined);
    await assert.rejects(road.spawn({ argv: ['true'], user: 'alice' }), (error) =>
      isFault(error, 'EXEC_USER_UNKNOWN'),
    );
  });
});

test('answers that no name service gives are not believed', async () => {
  await world(async (server, road) => {
    const lies = [
      'alice:x:-1:0::/:',
      'alice:x:4294967295:0::/:',
      'alice:x:0x0:0::/:',
      'alice:x:1',
      'bob:x:0:0::/:',
      '',
      '\0',
    ];
    for (const lie of lies) {
      says(server, 'getent', () => lie);
      const spawn = road.spawn({ argv: ['true'], user: 'alice' });
      await assert.rejects(spawn, (error) => isFault(error, 'EXEC_USER_UNKNOWN'), lie);
    }
    says(server, 'getent', () => 'x'.repeat(3_000_000));
    const endless = road.spawn({ argv: ['true'], user: 'alice' });
    await assert.rejects(endless, (error) => isFault(error, 'GUEST_ACCOUNTS_TOO_LARGE'));
  });
});

test('the guest’s language, the terminal’s name and the request’s variables are in the environment', async () => {
  await world(async (server, road) => {
    server.files.set('/etc/default/locale', {
      bytes: Buffer.from('# c\nLANG="de_DE.UTF-8"\nLC_ALL=x\n'),
      mode: 0o644,
    });
    const terminal = { rows: 3, columns: 4, term: 'xterm' };
    const program = await road.spawn({ argv: ['sleep'], terminal, env: { HOME: '/elsewhere', MORE: '1=2' } });
    const { env, cwd } = last(server);
    assert.deepEqual(
      [env['LANG'], env['TERM'], env['HOME'], env['MORE'], cwd],
      ['de_DE.UTF-8', 'xterm', '/elsewhere', '1=2', '/root'],
    );
    await program.kill();
    assert.deepEqual(await program.ended, { exitCode: null, signal: 'SIGKILL' });
  });
});

test('a language that is none is left out', async () => {
  await world(async (server, road) => {
    server.files.set('/etc/locale.conf', { bytes: Buffer.from('LANG=$(reboot)\n'), mode: 0o644 });
    await (await road.spawn({ argv: ['true'] })).ended;
    assert.equal('LANG' in last(server).env, false);
  });
});

test('refusals are named by what was refused', async () => {
  await world(async (server, road) => {
    const cases = [
      ['exec', 2, 'EXEC_NOT_FOUND'],
      ['exec', 13, 'EXEC_NOT_EXECUTABLE'],
      ['exec', 7, 'EXEC_ARGUMENT_INVALID'],
      ['exec', 12, 'EXEC_SPAWN_FAILED'],
      ['exec', 4095, 'EXEC_SPAWN_FAILED'],
      ['cwd', 2, 'EXEC_CWD_MISSING'],
      ['user', 1, 'EXEC_USER_DENIED'],
      ['fork', 11, 'EXEC_SPAWN_FAILED'],
    ] as const;
    for (const [where, errno, code] of cases) {
      server.programs.set('refused', (program) => program.refuse(errno, where));
      const spawn = road.spawn({ argv: ['refused'] });
      await assert.rejects(
        spawn,
        (error) => isFault(error, code) && error.outcome === 'not-done',
        `${where} ${errno}`,
      );
    }
    await assert.rejects(road.connect({ path: 'closed' }), (error) => isFault(error, 'GUEST_CONNECT_FAILED'));
  });
});

test('a terminal begins in the root where its user has no home', async () => {
  await world(async (server, road) => {
    server.programs.set('shell', (program) => {
      if (program.cwd !== '/') program.refuse(2, 'cwd');
      else {
        program.opened();
        program.exit(0);
        program.eof(1);
      }
    });
    const terminal = { rows: 3, columns: 4, term: 'xterm' };
    const program = await road.spawn({ argv: ['shell'], terminal });
    assert.equal(await text(program.stdout), '');
    assert.deepEqual(await program.ended, { exitCode: 0, signal: null });
    const asked = road.spawn({ argv: ['shell'], terminal, cwd: '/root' });
    await assert.rejects(asked, (error) => isFault(error, 'EXEC_CWD_MISSING'));
  });
});

test('a file that the guest cannot finish says so in its own words, on the stream too', async () => {
  await world(async (server, road) => {
    const sink = await road.openWrite('/full', { mode: 0o600, how: 'new' });
    const channel = [...server.lane.channels.values()][0];
    assert.ok(channel);
    const errors: unknown[] = [];
    sink.stream.on('error', (error) => errors.push(error));
    server.lane.breakOff(channel, 28, 'write');
    await assert.rejects(
      sink.finished,
      (error) => isFault(error, 'GUEST_DISK_FULL') && error.kind === 'exhausted',
    );
    assert.ok(isFault(errors[0], 'GUEST_DISK_FULL'));
  });
});
