// Copies over the road by the agent alone, with a real qemu-ga as root on this host and GNU's programs behind it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { Agent } from '../../../../src/guest/agent.ts';
import { AgentRoad } from '../../../../src/guest/agent-road/index.ts';
import { socketOpener } from '../../../../src/guest/connect.ts';
import { Files } from '../../../../src/guest/index.ts';
import { RootAgent } from '../../../fakes/root-agent.ts';
import { makeTree, sh, treeOf } from './scratch.ts';

const peer = 'the agent of t';
const MIB = 1024 * 1024;
const BOUND = { timeout: 120_000 };

async function withFiles(
  work: (files: Files, path: (name: string) => string) => Promise<void>,
): Promise<void> {
  await using program = await RootAgent.start({});
  await using agent = new Agent({ peer, open: socketOpener(program.socket, { peer }) });
  const folder = mkdtempSync('/var/tmp/novalet-transfer-');
  try {
    await work(new Files(new AgentRoad(agent)), (name) => `${folder}/${name}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test(
  'over the agent a file keeps holes, attributes and access list, and only its data travels',
  BOUND,
  async () => {
    await withFiles(async (files, path) => {
      sh(
        'truncate -s 256M "$1" && head -c 1000000 /dev/urandom | dd of="$1" bs=1M seek=99 conv=notrunc 2>/dev/null && chmod 640 "$1" && setfattr -n user.note -v kept "$1" && setfacl -m u:nobody:r "$1"',
        path('from'),
      );
      for (const [isIn, target] of [
        [true, path('in')],
        [false, path('out')],
      ] as const) {
        const copy = isIn ? files.copyIn(path('from'), target) : files.copyOut(path('from'), target);
        const { via, verified, bytes } = await copy;
        assert.deepEqual([via, verified], ['agent', true]);
        assert.ok(bytes < 2 * MIB, `${bytes} bytes went`);
        assert.ok(statSync(target).blocks * 512 < 2 * MIB);
        assert.match(
          sh('cd "$(dirname "$1")" && getfattr -d "$(basename "$1")"; getfacl -c "$(basename "$1")"', target),
          /user\.note="kept"[\s\S]*user:nobody:r--/,
        );
        sh(
          'cmp -i 100000000 -n 8000000 "$1" "$2" && [ "$(stat -c "%s %a" "$1")" = "$(stat -c "%s %a" "$2")" ]',
          path('from'),
          target,
        );
      }
      assert.equal(sh('ls -A "$(dirname "$1")"', path('x')), 'from\nin\nout\n');
    });
  },
);

test(
  'over the agent a tree goes in and comes out as it is, but for set-id bits from the guest',
  BOUND,
  async () => {
    await withFiles(async (files, path) => {
      makeTree(path('from'));
      await files.copyIn(path('from'), path('in'), { recursive: true });
      assert.equal(treeOf(path('in')), treeOf(path('from')));
      await files.copyOut(path('from'), path('out'), { recursive: true });
      sh('chmod 755 "$1/-dash" && chmod 0777 "$1/empty" && touch -d 2003-01-01 "$1/empty"', path('from'));
      assert.equal(treeOf(path('out')), treeOf(path('from')));
    });
  },
);

test('over the agent no more is taken than the limit', BOUND, async () => {
  await withFiles(async (files, path) => {
    sh('head -c 300000 /dev/urandom >"$1"', path('from'));
    const copy = (maxBytes: number) => files.copyOut(path('from'), path('out'), { maxBytes });
    await assert.rejects(copy(299_999), { code: 'TRANSFER_TOO_LARGE' });
    assert.equal(sh('ls -A "$(dirname "$1")"', path('x')), 'from\n');
    assert.equal((await copy(300_000)).verified, true);
  });
});
