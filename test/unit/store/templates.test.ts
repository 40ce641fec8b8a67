// Templates in the store, and who lies over them.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Template } from '../../../src/model/index.ts';
import { Database } from '../../../src/store/database.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { SCHEMA, upgradeSchema } from '../../../src/store/schema.ts';
import { anInstance } from './an-instance.ts';

const ID = '55555555-0000-4000-8000-000000000001';

function aPath(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'nvt-store-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'novalet.db');
}

function aStore(context: TestContext): Store {
  const store = openStore(aPath(context));
  context.after(() => store.close());
  return store;
}

function aTemplate(changes: Partial<Template> = {}): Template {
  return {
    id: ID,
    name: 'web',
    state: 'ready',
    source: { kind: 'image', id: '22222222-0000-4000-8000-000000000001', name: 'debian' },
    guest: { ...anInstance(), ports: [] },
    host: { libvirt: '9.0.0', qemu: '7.2.0', cpu: 'ab'.repeat(32), machine: 'pc-q35-7.2' },
    inside: { hostKeyTypes: ['ed25519'], hasCloudInit: true },
    files: [{ name: 'memory', sizeBytes: 5, allocatedBytes: 4096, sha256: 'cd'.repeat(32) }],
    createdAt: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}

const UNFINISHED = {
  id: '66666666-0000-4000-8000-000000000002',
  name: 'db',
  state: 'building',
  guest: null,
  host: null,
  inside: null,
  files: [],
} as const;

test('a template comes back as it was written, by name, id and beginning of the id', (context) => {
  const { templates } = aStore(context);
  const [web, db] = [aTemplate(), aTemplate(UNFINISHED)];
  templates.insert(web);
  templates.insert(db);
  assert.deepEqual(templates.list(), [web, db]);
  for (const ref of ['web', ID, '5555']) assert.deepEqual(templates.find(ref), web);
  assert.throws(
    () => templates.find('555'),
    (error) => isFault(error, 'TEMPLATE_NOT_FOUND'),
  );
});

test('a beginning that fits two is refused with both names', (context) => {
  const { templates } = aStore(context);
  templates.insert(aTemplate());
  templates.insert(aTemplate({ id: ID.replace(/1$/, '2'), name: 'other' }));
  assert.throws(
    () => templates.find('5555'),
    (error) => isFault(error, 'TEMPLATE_AMBIGUOUS') && /web, other/.test(error.message),
  );
});

test('a name is given once, and what is finished is written over what was begun', (context) => {
  const { templates } = aStore(context);
  templates.insert(aTemplate({ ...UNFINISHED, id: ID, name: 'web' }));
  for (const again of [() => templates.insert(aTemplate()), () => templates.requireFreeName('web')])
    assert.throws(again, (error) => isFault(error, 'TEMPLATE_EXISTS'));
  templates.update(aTemplate());
  assert.equal(templates.find('web').state, 'ready');
  templates.remove(ID);
  assert.throws(
    () => templates.update(aTemplate()),
    (error) => isFault(error, 'TEMPLATE_NOT_FOUND'),
  );
});

test('one whose disks others lie over stays until the last of them is gone', (context) => {
  const { templates, instances } = aStore(context);
  templates.insert(aTemplate());
  const user = anInstance({ templateId: ID });
  instances.insert(user);
  assert.deepEqual(templates.users(ID), [{ id: user.id, name: user.name }]);
  assert.throws(
    () => templates.remove(ID),
    (error) => isFault(error, 'TEMPLATE_IN_USE') && error.details['instances'] === user.name,
  );
  assert.deepEqual(templates.list(), [aTemplate()]);
  instances.remove(user.id);
  templates.remove(ID);
  templates.remove(ID);
  assert.deepEqual(templates.list(), []);
});

test('a file from before templates gets them', (context) => {
  const path = aPath(context);
  const before = new Database(path);
  upgradeSchema(before, SCHEMA.slice(0, 5));
  before.close();
  using store = openStore(path);
  store.templates.insert(aTemplate());
  assert.equal(store.templates.list().length, 1);
});
