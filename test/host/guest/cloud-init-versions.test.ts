// cloud-init of several ages behind the real qemu-ga: each is a script that answers as that version's argparse and printing do.
// Sources: cloud-init 18.5, 22.4 and 24.4, cloudinit/cmd/status.py.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { Agent, askCloudInit, type CloudInitStatus, socketOpener } from '../../../src/guest/index.ts';
import { AgentProgram } from '../../fakes/agent-program.ts';

const BOUND = { timeout: 60_000 };
const PATH = process.env['PATH'];
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novalet-ages-'));
  await chmod(folder, 0o755);
  process.env['PATH'] = `${folder}:${PATH}`; // the agent inherits it, and so does what it runs
});
after(async () => {
  process.env['PATH'] = PATH;
  await rm(folder, { recursive: true });
});

interface Asking {
  readonly wait?: boolean;
  readonly timeoutMs?: number;
}

/** Asks a cloud-init that is this script. */
async function ask(
  script: string,
  { wait = true, timeoutMs = 20_000 }: Asking = {},
): Promise<CloudInitStatus> {
  await writeFile(join(folder, 'cloud-init'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  await using program = await AgentProgram.start();
  const peer = 'the agent of an old guest';
  await using agent = new Agent({ peer, open: socketOpener(program.path, { peer }) });
  return await askCloudInit((argv, options) => agent.exec(argv, options), { wait, timeoutMs });
}

const WITHOUT_JSON = `
case "$*" in *--format*)
  echo "usage: cloud-init [-h] [--version] ..." >&2
  echo "cloud-init: error: unrecognized arguments: --format json" >&2
  exit 2
esac
`;

test('18.5, which has no JSON, is read in its words after the dots of its waiting', BOUND, async () => {
  const status = await ask(`${WITHOUT_JSON}
[ "$*" = "status --wait --long" ] || exit 64
printf '...\\nstatus: done\\ntime: Thu, 09 Jul 2020 10:00:00 +0000\\ndetail:\\nDataSourceNone\\n'`);
  assert.deepEqual([status.state, status.datasource], ['done', 'none']);
  assert.equal(status.lastUpdate, 'Thu, 09 Jul 2020 10:00:00 +0000');
});

test(
  '18.5 says by status 1 and its detail that it failed, and that is no failure of asking',
  BOUND,
  async () => {
    const status = await ask(`${WITHOUT_JSON}printf 'status: error\\ndetail:\\nNo datasource\\n'; exit 1`, {
      wait: false,
    });
    assert.deepEqual([status.state, status.errors], ['error', ['No datasource']]);
  },
);

test('22.4 says in JSON that it runs', BOUND, async () => {
  const json =
    '{"boot_status_code":"unknown","datasource":"","detail":"Running in stage: init","errors":[],"last_update":"","status":"running"}';
  const status = await ask(`echo '${json}'`, { wait: false });
  assert.deepEqual([status.state, status.datasource, status.lastUpdate], ['running', null, null]);
});

test('24.4 ends with 2 when it warns, which is no wrong usage', BOUND, async () => {
  const json =
    '{"status":"done","extended_status":"degraded done","recoverable_errors":{"WARNING":["late"]},"modules-final":{"start":1,"finished":2,"errors":[]}}';
  const status = await ask(`echo '${json}'; exit 2`);
  assert.equal(status.state, 'degraded');
  assert.deepEqual(status.recoverableErrors, [{ level: 'WARNING', messages: ['late'] }]);
});

test('one that never ends is killed when its time is up', BOUND, async () => {
  await assert.rejects(ask('exec sleep 1000', { timeoutMs: 500 }), (error) => isFault(error, 'EXEC_TIMEOUT'));
});

test('one that writes without end is cut off, and its words are refused', BOUND, async () => {
  const flood = ask('head -c 5000000 /dev/zero | tr "\\0" "["');
  await assert.rejects(flood, (error) => isFault(error, 'CLOUD_INIT_ANSWER_INVALID'));
});

test('one that knows neither form is refused, and so is one that is not there', BOUND, async () => {
  await assert.rejects(ask('exit 2'), (error) => isFault(error, 'CLOUD_INIT_ANSWER_INVALID'));
  await rm(join(folder, 'cloud-init'));
  await using program = await AgentProgram.start();
  const peer = 'the agent of a guest without it';
  await using agent = new Agent({ peer, open: socketOpener(program.path, { peer }) });
  const asked = askCloudInit((argv, options) => agent.exec(argv, options), {
    wait: false,
    timeoutMs: 20_000,
  });
  await assert.rejects(asked, (error) => isFault(error, 'EXEC_NOT_FOUND'));
});
