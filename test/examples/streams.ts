import assert from 'node:assert/strict';
import { connect } from 'novalet';

await using host = await connect();
const vm = await host.instance('web1');
const sort = vm.exec(['sort'], { user: 'nobody', timeoutMs: 60_000 });
sort.stdin.end('pear\napple\n');
for await (const piece of sort.stdout) process.stdout.write(piece); // as it comes
const { exitCode, signal, via } = await sort;
assert.deepEqual([exitCode, signal, via], [0, null, 'lane']);
