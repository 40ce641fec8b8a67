// The audit on a disk that is really full: nothing is begun that could not be recorded, and no line is lost.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type AuditBeginning, type AuditEntry, AuditLog } from '../../../src/audit/index.ts';
import { isFault, MIB } from '../../../src/base/index.ts';

const folder = mkdtempSync('/var/tmp/nvt-audit-');
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'nvt-audit', folder]);
after(() => {
  execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true });
});

const path = join(folder, 'audit.ndjson');
const BEGINNING: AuditBeginning = {
  ...{
    subject: 'local',
    origin: 'cli',
    instance: { id: 'id', name: 'web' },
    privilege: 'exec',
    what: 'exec',
  },
  ...{ target: 'true', guestUser: 'root' },
};
const ENDING: Parameters<AuditEntry['end']>[0] = {
  ...{ code: null, exitCode: 0, signal: null, bytesIn: 0, bytesOut: 0, via: 'lane' },
  outcome: 'ok',
};

/** Takes all the room that is left. */
function fill(): void {
  const { stderr } = spawnSync('dd', ['if=/dev/zero', `of=${join(folder, 'fill')}`, 'bs=4096'], {
    encoding: 'utf8',
  });
  assert.match(stderr, /No space left/);
}

test('a full disk refuses what would begin, keeps the lines of what ends, and loses none when there is room again', () => {
  const audit = new AuditLog({ path, arguments: false, rotateBytes: 64 * MIB, keep: 5 });
  const running = Array.from({ length: 200 }, () => audit.begin(BEGINNING));
  fill();
  assert.throws(
    () => audit.begin(BEGINNING),
    (error) => isFault(error, 'AUDIT_UNWRITABLE') && /full|ENOSPC/.test(error.message),
  );
  for (const entry of running) entry.end(ENDING); // more than fits into the rest of the file's last page
  assert.throws(
    () => audit.begin(BEGINNING),
    (error) => isFault(error, 'AUDIT_UNWRITABLE'),
  );
  const so = readFileSync(path, 'utf8');
  assert.ok(so.split('\n').length < 200);
  rmSync(join(folder, 'fill'));
  audit.begin(BEGINNING).end(ENDING);
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const parsed = lines.filter((line) => {
    try {
      return JSON.parse(line).what === 'exec';
    } catch {
      return false; // torn when the disk became full, and written whole after
    }
  });
  assert.equal(parsed.length, 201);
  assert.ok(lines.length - parsed.length <= 2, 'only the lines that were cut are no JSON');
  assert.equal(audit.lost, 0);
});
