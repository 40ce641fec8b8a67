// The rerun of cloud-init that keeps host keys, on a made-up guest whose cloud-init tells what it is configured to do.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { type ExecResult, followRerun, startRerun } from '../../../../src/guest/index.ts';
import { FakeRoot } from './fake-root.ts';

const CONFIG = '/run/cloud-init/cloud.cfg';
const OF_THE_BOOT = 'datasource_list: [ ConfigDrive, None ]\n';

type Jobs = Parameters<typeof startRerun>[0];

/** Runs a job there to its end at once. */
function jobsOf(root: FakeRoot): Jobs {
  let ended: ExecResult | undefined;
  return {
    async start({ argv, name }) {
      ended = await root.exec(argv);
      const about = {
        id: '00000001',
        name,
        command: '',
        user: undefined,
        startedAt: '',
        pid: 1,
        end: undefined,
      };
      return { ...about, hasStdin: false, hasTerminal: false, state: 'running', isTruncated: false };
    },
    async attach() {
      assert.ok(ended);
      const stdout = new PassThrough();
      stdout.end(ended.stdout);
      const end = Promise.resolve({ exitCode: ended.exitCode, signal: null });
      return { stdout, stderr: new PassThrough(), ended: end, [Symbol.asyncDispose]: async () => undefined };
    },
  };
}

async function rerun(root: FakeRoot, keepHostKeys: boolean) {
  root.standIn('cloud-init', `cat ${CONFIG} >>/configs 2>/dev/null; echo "-- $*" >>/configs`);
  const jobs = jobsOf(root);
  const { id } = await startRerun(jobs, { clearLogs: false, keepHostKeys });
  const ends = await followRerun(jobs, id, {
    signal: new AbortController().signal,
    onBegin: () => undefined,
    onEnd: () => undefined,
  });
  assert.deepEqual(
    ends.map(({ exitCode }) => exitCode),
    [0, 0, 0, 0, 0],
  );
  return root
    .text('/configs')
    .split(/^-- .*\n/m)
    .slice(0, -1);
}

for (const shell of [['dash'], ['busybox', 'sh']]) {
  test(`${shell[0]}: host keys are kept by the configuration of this boot, and only for this run`, async () => {
    using root = new FakeRoot(shell);
    root.put({ [CONFIG]: OF_THE_BOOT });
    const during = `${OF_THE_BOOT}ssh_deletekeys: false\n`;
    assert.deepEqual(await rerun(root, true), [OF_THE_BOOT, during, during, during, during]);
    assert.equal(root.text(CONFIG), OF_THE_BOOT);
    assert.equal(root.has(`${CONFIG}.before`), false);
  });

  test(`${shell[0]}: where there was no such configuration, there is none afterwards`, async () => {
    using root = new FakeRoot(shell);
    const during = 'ssh_deletekeys: false\n';
    assert.deepEqual(await rerun(root, true), ['', during, during, during, during]);
    assert.equal(root.has(CONFIG), false);
  });

  test(`${shell[0]}: otherwise host keys are not spoken of`, async () => {
    using root = new FakeRoot(shell);
    assert.deepEqual(await rerun(root, false), ['', '', '', '', '']);
  });
}
