import assert from 'node:assert/strict';
import { connect } from 'novalet';

await using host = await connect();
const vm = await host.instance('web1');
await using shell = await vm.terminal({ rows: 40, columns: 120 });
shell.stdin.write('stty size; exit 3\r');
let screen = '';
for await (const piece of shell.stdout) screen += piece;
assert.match(screen, /^40 120\r$/m);
assert.deepEqual(await shell.ended, { exitCode: 3, signal: null });
