import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { openRoad } from '../../../src/compute/roads.ts';
import type { Tools } from '../../../src/compute/tools.ts';
import { anInstance } from '../store/an-instance.ts';

/** Tools whose lanes fail so, and whose agent is there. */
function failing(code: string): Tools {
  const tools: unknown = {
    lanes: {
      get: async () => ({ road: async () => Promise.reject(new Fault('unavailable', code, 'No lane')) }),
    },
    agents: {
      get: async () => ({
        use: async (_instance: unknown, work: (agent: object) => unknown) => work({}),
        caller: () => ({}),
      }),
    },
    log: { info() {} },
  };
  return tools as Tools;
}

test('a lane that cannot be opened, for whatever fault of its server, leaves the agent alone to do it', async () => {
  for (const code of ['LANE_UNAVAILABLE', 'LANE_SILENT', 'LANE_VERSION', 'LANE_PROTOCOL', 'LANE_LOST']) {
    assert.equal((await openRoad(failing(code), anInstance(), {})).via, 'agent', code);
    await assert.rejects(openRoad(failing(code), anInstance(), { via: 'lane' }), { code });
  }
});

test('what neither road could do is not tried twice', async () => {
  await assert.rejects(openRoad(failing('INSTANCE_PAUSED'), anInstance(), {}), { code: 'INSTANCE_PAUSED' });
});
