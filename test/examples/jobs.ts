import assert from 'node:assert/strict';
import { connect } from 'novalet';

await using host = await connect();
const vm = await host.instance('web1');
const jobs = await vm.jobs();
const { id } = await jobs.start({ argv: ['sh', '-c', 'sleep 1; echo done'], name: 'nap' });
const { exitCode } = await jobs.wait(id); // or in another process, tomorrow
for await (const piece of jobs.output(id)) assert.equal(piece.toString(), 'done\n');
await jobs.remove(id);
assert.equal(exitCode, 0);
