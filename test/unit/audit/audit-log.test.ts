import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { AuditLog, type AuditRecord, formatAuditLine, LONGEST_LINE } from '../../../src/audit/index.ts';

const RECORD: AuditRecord = {
  ...{ subject: 'alice', origin: 'ssh 192.0.2.1:4000', instance: { id: 'an-id', name: 'web-1' } },
  ...{ privilege: 'exec', what: 'exec', target: 'psql', guestUser: 'root', outcome: 'ok', code: null },
  ...{ exitCode: 0, signal: null, bytesIn: 1, bytesOut: 2, via: 'lane', ms: 12.4 },
};

function folder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'nvt-audit-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

function options(path: string) {
  return { path: join(path, 'audit.ndjson'), arguments: false, rotateBytes: 1_000_000, keep: 2 };
}

test('whatever the strings are, a record is one line of printable ASCII that parses, of at most 4 KiB', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 5000 }),
    fc.string({
      unit: fc.constantFrom('\u2028', '\u2029', '\n', '\x1b', '"', '\\', '\ud800'),
      maxLength: 5000,
    }),
  );
  fc.assert(
    fc.property(hostile, hostile, fc.array(hostile, { maxLength: 200 }), (name, target, given) => {
      const record = { ...RECORD, subject: name, instance: { id: name, name }, target, arguments: given };
      const line = formatAuditLine(record, new Date(0), 1);
      assert.match(line, /^[\x20-\x7e]+\n$/);
      assert.ok(line.length <= LONGEST_LINE);
      const parsed: unknown = JSON.parse(line);
      assert.ok(typeof parsed === 'object' && parsed !== null && 'subject' in parsed);
      assert.equal(String(parsed.subject).slice(0, 16), name.slice(0, 16));
    }),
    { numRuns: 300 },
  );
});

test('arguments are written only where they were asked for', () => {
  using at = folder();
  const record = { ...RECORD, arguments: ['--password=hunter2'] };
  new AuditLog(options(at.path)).write(record);
  assert.doesNotMatch(readFileSync(options(at.path).path, 'utf8'), /hunter2/);
  new AuditLog({ ...options(at.path), arguments: true }).write(record);
  assert.match(readFileSync(options(at.path).path, 'utf8'), /hunter2/);
});

test('a reach that could not be recorded is refused at its beginning, and the file is the owner’s alone', () => {
  using at = folder();
  const log = new AuditLog(options(at.path));
  log.begin(RECORD).end({ ...RECORD, outcome: 'ok' });
  assert.equal(statSync(options(at.path).path).mode & 0o777, 0o600);
  const nowhere = new AuditLog(options(join(at.path, 'missing')));
  assert.throws(() => nowhere.begin(RECORD), { code: 'AUDIT_UNWRITABLE' });
});

test('a line that could not be written waits, and comes when it can be', () => {
  using at = folder();
  const late = join(at.path, 'late');
  const log = new AuditLog(options(late));
  log.write(RECORD);
  assert.equal(log.lost, 0);
  assert.throws(() => log.check(), { code: 'AUDIT_UNWRITABLE' });
  using _made = made(late);
  log.check();
  assert.equal(readFileSync(options(late).path, 'utf8').split('\n').length, 2);
});

test('several writers rotate one file without losing a line, and only so many files are kept', () => {
  using at = folder();
  const small = { ...options(at.path), rotateBytes: 4000, keep: 1000 };
  const writers = Array.from({ length: 5 }, () => new AuditLog(small));
  for (let count = 0; count < 100; count += 1)
    for (const [which, log] of writers.entries()) log.write({ ...RECORD, target: `${which}-${count}` });
  const lines = readdirSync(at.path).flatMap((name) =>
    readFileSync(join(at.path, name), 'utf8').trim().split('\n'),
  );
  const targets = new Set(lines.filter((line) => line !== '').map((line) => JSON.parse(line).target));
  assert.equal(targets.size, 500);
  new AuditLog({ ...small, rotateBytes: 1, keep: 2 }).write(RECORD);
  assert.equal(readdirSync(at.path).length, 2);
});

test('a symbolic link in the place of the file is not followed', async () => {
  using at = folder();
  const { symlinkSync } = await import('node:fs');
  writeFileSync(join(at.path, 'victim'), '');
  symlinkSync(join(at.path, 'victim'), options(at.path).path);
  assert.throws(() => new AuditLog(options(at.path)).check(), { code: 'AUDIT_UNWRITABLE' });
});

function made(path: string): Disposable {
  const { mkdirSync } = process.getBuiltinModule('node:fs');
  mkdirSync(path);
  return { [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test('a reach that lasts has a line before its end, which is known again by its word; a short one has one line', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  using at = folder();
  const { path } = options(at.path);
  const log = new AuditLog(options(at.path));
  const lines = () =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  const { outcome, code, exitCode, signal, bytesIn, bytesOut, via, ms: _, ...beginning } = RECORD;
  const ending = { outcome, code, exitCode, signal, bytesIn, bytesOut, via };
  const long = log.begin(beginning);
  const short = log.begin({ ...beginning, target: 'true' });
  context.mock.timers.tick(4999);
  short.end(ending);
  assert.deepEqual(
    lines().map(({ target }) => target),
    ['true'],
  );
  assert.equal(Object.hasOwn(lines()[0], 'reach'), false);
  context.mock.timers.tick(1);
  const [, started] = lines(); // all that a process leaves that is killed now
  assert.deepEqual([started.outcome, started.target, started.exitCode], ['started', 'psql', null]);
  context.mock.timers.tick(60_000);
  long.end(ending);
  long.end(ending);
  const [, , over, ...more] = lines();
  assert.deepEqual([over.outcome, over.exitCode, more], ['ok', 0, []]);
  assert.match(started.reach, /^[0-9a-f-]{36}$/);
  assert.equal(over.reach, started.reach);
});

test('a reach whose line somebody else writes has none, however long it lasts', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  using at = folder();
  new AuditLog(options(at.path)).beginUnrecorded(RECORD);
  context.mock.timers.tick(60_000);
  assert.equal(readFileSync(options(at.path).path, 'utf8'), '');
});
