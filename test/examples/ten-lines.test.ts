import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from 'novalet';

test('a guest runs a command', async () => {
  await using host = await connect();
  await using vm = await host.launch({ image: 'debian', flavor: 'm1.small' });
  await vm.waitFor('agent');
  const { exitCode, stdout } = await vm.exec(['uname', '-s']);
  assert.deepEqual([exitCode, stdout], [0, 'Linux\n']);
});
