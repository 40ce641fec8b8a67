import assert from 'node:assert/strict';
import { connect } from 'novalet';

await using host = await connect();
const vm = await host.instance('web1');
const files = await vm.files();
await files.makeDirectory('/srv/site', { parents: true });
await files.write('/srv/site/index.html', 'Hello\n', { mode: 0o644 });
const names = (await files.list('/srv/site')).map(({ name, size }) => [name, size]);
const { verified } = await files.copyOut('/srv/site', './site', { recursive: true });
assert.deepEqual([names, verified], [[['index.html', 6]], true]);
