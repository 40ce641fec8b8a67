import assert from 'node:assert/strict';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { newUuid } from '../../../src/base/index.ts';
import {
  createInstanceDirectory,
  instanceDirectory,
  removeInstanceDirectory,
} from '../../../src/storage/index.ts';
import { namesIn, withScratch } from './scratch.ts';

test('an instance gets a directory that others may pass and not read, and loses it with all in it', async () => {
  await withScratch(async (scratch) => {
    const instances = join(scratch, 'deep', 'instances');
    const id = newUuid();
    const path = await createInstanceDirectory(instances, id);
    assert.equal((await stat(path)).mode & 0o777, 0o711);
    assert.equal((await stat(instances)).mode & 0o777, 0o711);
    await assert.rejects(createInstanceDirectory(instances, id), { code: 'INSTANCE_DIRECTORY_EXISTS' });
    await mkdir(join(path, 'snapshots'));
    await writeFile(join(path, 'disk'), 'x');
    await removeInstanceDirectory(instances, id);
    await removeInstanceDirectory(instances, id);
    assert.deepEqual(await namesIn(instances), []);
  });
});

test('no path can be smuggled in as an instance id', async () => {
  for (const id of ['../etc', '', 'a/b', `${newUuid()}/..`, newUuid().toUpperCase()]) {
    assert.throws(() => instanceDirectory('/instances', id), { code: 'INSTANCE_ID_INVALID' });
  }
});
