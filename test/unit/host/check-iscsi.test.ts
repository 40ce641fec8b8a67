import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { decideIscsi, lookAtIscsi } from '../../../src/host/check-iscsi.ts';

const directory = await mkdtemp(join(tmpdir(), 'novalet-modules-'));
after(() => rm(directory, { recursive: true, force: true }));

test('QEMU’s driver for iSCSI is a module, and missing where others are and it is not', async () => {
  const look = () => lookAtIscsi({ qemuModules: [join(directory, 'nowhere'), directory] });
  assert.equal(look(), 'unknown');
  await writeFile(join(directory, 'ui-curses.so'), '');
  assert.equal(look(), 'missing');
  await writeFile(join(directory, 'block-iscsi.so'), '');
  assert.equal(look(), 'present');
});

test('only a missing driver is a finding, and its cure is the package', () => {
  assert.deepEqual([decideIscsi('present').status, decideIscsi('unknown').status], ['ok', 'ok']);
  const { status, fix } = decideIscsi('missing');
  assert.equal(status, 'warning');
  assert.match(fix ?? '', /qemu-block-extra/);
});
