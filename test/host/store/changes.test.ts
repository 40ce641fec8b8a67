import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStore } from '../../../src/store/index.ts';
import { anInstance } from '../../unit/store/an-instance.ts';

test("what another store of the file changes is seen by a number, and one's own changes are not", (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'nvt-store-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'novalet.db');
  using watching = openStore(path);
  using writing = openStore(path);
  const before = watching.changes();
  assert.equal(watching.changes(), before);
  writing.instances.insert(anInstance());
  const after = watching.changes();
  assert.notEqual(after, before);
  assert.equal(watching.changes(), after);
  watching.instances.remove(anInstance().id);
  assert.equal(watching.changes(), after);
});
