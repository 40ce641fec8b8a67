import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, isFault } from '../../../src/base/index.ts';
import { startLaneServer } from '../../../src/guest/lane-server.ts';

const program = Buffer.from('a program');
const overtime = new Fault('timeout', 'EXEC_TIMEOUT', '/bin/sh ran for more than 60 s and was killed');
const slow = { peer: 'the agent of web', exec: () => Promise.reject(overtime) };

test('a guest too busy to start the server is a lane that cannot be had, so that the other road is taken', async () => {
  await assert.rejects(startLaneServer(slow, { machine: 'x86_64', program }), (error) => {
    assert.ok(isFault(error, 'LANE_SERVER_REFUSED'), String(error));
    assert.equal(error.details['stage'], 'time');
    assert.match(error.message, /the agent of web .* the guest is booting, or very busy/);
    assert.doesNotMatch(error.message, /bin\/sh/);
    return true;
  });
});

test('a caller whose own time was over hears that, and no word of lanes', async () => {
  const signal = AbortSignal.abort(overtime);
  await assert.rejects(startLaneServer(slow, { machine: 'x86_64', program, signal }), overtime);
});
