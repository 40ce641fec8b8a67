// A plain user makes the Debian guest's image where only he may enter. Long, since it builds the guest anew.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlainUser } from './plain-user.ts';

test('a plain user whose folders nobody else may enter builds the Debian guest', async () => {
  await using user = await PlainUser.make();
  const printed = await user.does(['image', 'build', 'debian', '-o', 'json', '-q'], { timeoutMs: 900_000 });
  const { name, disk_format: format } = JSON.parse(printed);
  assert.deepEqual([name, format], ['debian', 'qcow2']);
});
