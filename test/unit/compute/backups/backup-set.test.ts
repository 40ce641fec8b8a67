import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import {
  type BackupManifest,
  kindOf,
  newBackupId,
  writeBackupManifest,
} from '../../../../src/compute/backups/backup-manifest.ts';
import { BackupSet, instancesIn } from '../../../../src/compute/backups/backup-set.ts';

const INSTANCE = 'f2d1a5b0-5e0c-4a53-9b6a-0d1b3a2c4d5e';
const IDS = ['20260102-030405-0001', '20260102-030405-0002', '20260102-030405-0003'] as const;
let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'nvt-backups-'));
});
after(() => rm(root, { recursive: true, force: true }));

test('ids are in the order of time', () => {
  const early = newBackupId(new Date('2026-01-02T03:04:05.678Z'), 'ffff');
  const late = newBackupId(new Date('2026-01-02T03:04:06Z'), '0000');
  assert.equal(early, '20260102-030405-ffff');
  assert.ok(early < late);
});

test('a backup is incremental as soon as one of its disks is', () => {
  assert.equal(kindOf(manifest(0, null)), 'full');
  assert.equal(kindOf(manifest(1, IDS[0])), 'incremental');
});

test('a set lists its backups oldest first, and passes over what is none', async () => {
  const set = await setOf([manifest(1, IDS[0]), manifest(0, null)], 'listed');
  await mkdir(join(set.directory, '20260102-030405-0009.1-2-3-4.tmp'));
  assert.deepEqual(
    (await set.list()).map(({ id }) => id),
    [IDS[0], IDS[1]],
  );
  assert.equal((await set.find('latest')).id, IDS[1]);
  assert.equal((await set.find(IDS[0])).id, IDS[0]);
  await assert.rejects(set.find('../../etc'), (error) => isFault(error, 'BACKUP_NOT_FOUND'));
  assert.deepEqual(await instancesIn(join(root, 'listed')), [INSTANCE]);
  assert.deepEqual(await new BackupSet(join(root, 'nowhere'), INSTANCE).list(), []);
});

test('a chain goes from a backup to the whole one that it builds on', async () => {
  const set = await setOf([manifest(0, null), manifest(1, IDS[0]), manifest(2, IDS[1])], 'chain');
  const chain = await set.chainOf(await set.find('latest'));
  assert.deepEqual(
    chain.map(({ id }) => id),
    [IDS[2], IDS[1], IDS[0]],
  );
  assert.equal((await set.chainOf(await set.find(IDS[0]))).length, 1);
});

test('a chain whose ground is gone, or that goes round, is broken', async () => {
  const gone = await setOf([manifest(1, IDS[0])], 'gone');
  await assert.rejects(
    gone.chainOf(await gone.find('latest')),
    broken(/builds on 20260102-030405-0001, which is gone/),
  );
  const round = await setOf([manifest(1, IDS[2]), manifest(2, IDS[1])], 'round');
  await assert.rejects(round.chainOf(await round.find('latest')), broken(/builds on itself/));
});

test('a file that is missing, has another length, or another content, is found', async () => {
  const set = await setOf([manifest(0, null)], 'files');
  const whole = await set.find('latest');
  const file = set.fileOf(IDS[0], { fileName: 'disk' });
  await assert.rejects(
    set.verify(whole, () => undefined),
    broken(/has no bytes instead of 3/),
  );
  await writeFile(file, 'four');
  await assert.rejects(
    set.verify(whole, () => undefined),
    broken(/has 4 bytes instead of 3/),
  );
  await writeFile(file, 'abd');
  await assert.rejects(
    set.verify(whole, () => undefined),
    broken(/was changed/),
  );
});

test('a manifest that says what cannot be is refused with its place', async () => {
  for (const [change, message] of [
    [{ format: 'zip' }, /format is not novalet-backup/],
    [{ version: 2 }, /a newer novalet made it/],
    [{ id: IDS[1] }, /it calls itself 20260102-030405-0002/],
    [{ parent: '../x' }, /parent is not the id of a backup/],
    [{ disks: [{ ...manifest(0, null).disks[0], fileName: '../x' }] }, /disks\[0\].fileName is no name/],
    [{ disks: [{ ...manifest(0, null).disks[0], sha256: 'x' }] }, /disks\[0\].sha256 is not a SHA-256/],
  ] as const) {
    const set = await setOf([manifest(0, null)], 'wrong');
    const text = JSON.stringify({ ...JSON.parse(writeBackupManifest(manifest(0, null))), ...change });
    await writeFile(join(set.pathOf(IDS[0]), 'manifest.json'), text);
    await assert.rejects(set.list(), broken(message));
  }
  const set = new BackupSet(join(root, 'wrong'), INSTANCE);
  await writeFile(join(set.pathOf(IDS[0]), 'manifest.json'), '{');
  await assert.rejects(set.list(), broken(/is not JSON/));
  await rm(join(set.pathOf(IDS[0]), 'manifest.json'));
  await assert.rejects(set.list(), broken(/is missing, or no manifest/));
});

function manifest(at: 0 | 1 | 2, parent: string | null): BackupManifest {
  return {
    id: IDS[at],
    novalet: '0',
    instance: { id: INSTANCE, name: 'one' },
    createdAt: '2026-01-02T03:04:05.000Z',
    parent,
    checkpoint: 'novalet-x',
    consistency: 'off',
    disks: [
      {
        fileName: 'disk',
        target: 'vda',
        isIncrement: parent !== null,
        bytes: 3,
        virtualSizeBytes: 512,
        sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      },
    ],
  };
}

async function setOf(manifests: readonly BackupManifest[], name: string): Promise<BackupSet> {
  const set = new BackupSet(join(root, name), INSTANCE);
  for (const one of manifests) {
    await mkdir(set.pathOf(one.id), { recursive: true });
    await writeFile(join(set.pathOf(one.id), 'manifest.json'), writeBackupManifest(one));
  }
  return set;
}

function broken(message: RegExp): (error: unknown) => boolean {
  return (error) => isFault(error, 'BACKUP_BROKEN') && message.test(error.message);
}
