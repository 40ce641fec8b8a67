// cp, cat, ls, edit, rm, mkdir, tail and sync as a person calls them, with this host in the place of the guest.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

const PROGRAM = `${import.meta.dirname}/file-command-process.ts`;

class Place implements Disposable {
  readonly folder = mkdtempSync('/var/tmp/novalet-files-');

  run(words: readonly string[], { input = '', env = {} }: { input?: string; env?: NodeJS.ProcessEnv } = {}) {
    return spawnSync(process.execPath, ['--no-warnings', PROGRAM, ...words], {
      cwd: this.folder,
      input,
      env: { ...process.env, ...env },
      encoding: 'latin1',
      timeout: 30_000,
    });
  }

  /** stdout of a command that must work. */
  ok(...words: readonly string[]): string {
    const { status, stdout, stderr } = this.run(words);
    assert.equal(status, 0, stderr);
    return stdout;
  }

  read(name: string): string {
    return readFileSync(`${this.folder}/${name}`, 'latin1');
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

test('cp carries files, streams, patterns and directories both ways', () => {
  using place = new Place();
  const { folder } = place;
  writeFileSync(`${folder}/a:1`, 'one');
  writeFileSync(`${folder}/b`, 'two');
  place.ok('mkdir', '-p', '-m', '750', `g:${folder}/d/e`);
  assert.equal(statSync(`${folder}/d/e`).mode & 0o777, 0o750);
  place.ok('cp', './a:1', 'b', `g:${folder}/d`);
  assert.equal(place.read('d/a:1') + place.read('d/b'), 'onetwo');
  assert.equal(place.run(['cp', '--mode', '600', '-', `g:${folder}/s`], { input: 'typed' }).status, 0);
  assert.equal(place.read('s'), 'typed');
  assert.equal(statSync(`${folder}/s`).mode & 0o777, 0o600);
  assert.equal(place.ok('cp', `g:${folder}/s`, '-'), 'typed');
  const reports: unknown = JSON.parse(place.ok('-o', 'json', 'cp', '-r', `g:${folder}/d`, 'copy'));
  assert.partialDeepStrictEqual(reports, [
    { target: 'copy', entries: 3, via: 'lane', verified: true, resumed_at: 0 },
  ]);
  place.ok('cp', `g:${folder}/d/[ab]*`, 'copy/e');
  assert.equal(place.read('copy/e/b'), 'two');
  assert.equal(place.run(['cp', `g:${folder}/d/[ab]*`, 'new']).status, 2);
  assert.equal(place.run(['cp', 'a', 'b']).status, 2);
  assert.equal(place.run(['cp', `g:${folder}/no`, '.']).status, 3);
});

test('cat, ls, tail and rm do what their names say, and write the bytes of names to a pipe', () => {
  using place = new Place();
  const { folder } = place;
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff])]), 'raw\u001b[2J');
  writeFileSync(`${folder}/.hidden`, '1\n2\n3\n');
  assert.equal(place.ok('ls', `g:${folder}`), '\xff\n');
  assert.equal(place.ok('ls', '-a', `g:${folder}`), '.hidden\n\xff\n');
  assert.match(place.ok('ls', '-l', `g:${folder}/.hidden`), /-rw-r--r-- +root +root +6 +\d{4}-.*\.hidden/);
  const listed: unknown = JSON.parse(place.ok('-o', 'json', 'ls', `g:${folder}`));
  assert.partialDeepStrictEqual(listed, [
    { name: '\udcff', kind: 'file', size: 7, mode: '0644', owner: 'root' },
  ]);
  assert.equal(place.ok('cat', `g:${folder}/.hidden`, `g:${folder}/?`), '1\n2\n3\nraw\u001b[2J');
  assert.equal(place.ok('tail', '-n', '1', `g:${folder}/.hidden`), '3\n');
  assert.equal(place.ok('tail', '-c', '4', `g:${folder}/.hidden`), '2\n3\n');
  place.ok('rm', `g:${folder}/.hidden`);
  assert.ok(!existsSync(`${folder}/.hidden`));
  assert.equal(place.run(['rm', `g:${folder}/.hidden`]).status, 3);
  place.ok('rm', '-f', `g:${folder}/.hidden`);
  assert.equal(place.run(['rm', '-r', '-f', 'g:/']).status, 8);
});

test('edit writes back what was changed, and keeps the text when somebody else was quicker', () => {
  using place = new Place();
  const { folder } = place;
  const file = `${folder}/f`;
  const editor = (script: string) => {
    writeFileSync(`${folder}/editor`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return place.run(['edit', `g:${file}`], { env: { VISUAL: `${folder}/editor -x`, TMPDIR: folder } });
  };
  writeFileSync(file, 'text', { mode: 0o640 });
  assert.match(editor('stat -c %a "$2" >mode; echo more >>"$2"').stderr, /^Wrote /);
  assert.equal(place.read('f') + place.read('mode'), 'textmore\n600\n');
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.match(editor('true').stderr, /unchanged/);
  assert.match(editor('false').stderr, /^EDITOR_FAILED/);
  const clash = editor(`echo mine >"$2"; echo theirs >'${file}'`);
  assert.equal(clash.status, 4);
  const kept = /kept in (\S+)/.exec(clash.stderr)?.[1] ?? '';
  assert.equal(readFileSync(kept, 'utf8') + place.read('f'), 'mine\ntheirs\n');
});

test('sync tells what it would do, does it, and then has nothing to do', () => {
  using place = new Place();
  const { folder } = place;
  place.ok('mkdir', '-p', `g:${folder}/s/d`, `g:${folder}/t/old`);
  writeFileSync(`${folder}/s/d/f`, 'x');
  const dry = place.ok('sync', '--dry-run', '--delete', 's', `g:${folder}/t`);
  assert.equal(dry, 'send    d\nsend    d/f\ndelete  old\n');
  place.ok('sync', '--delete', 's', `g:${folder}/t`);
  assert.ok(!existsSync(`${folder}/t/old`));
  assert.equal(place.read('t/d/f'), 'x');
  const again: unknown = JSON.parse(
    place.ok('-o', 'json', 'sync', '--delete', '--checksum', `g:${folder}/s`, 't'),
  );
  assert.partialDeepStrictEqual(again, { changed: [], extra: [], deleted: 0, bytes: 0 });
  for (const name of ['c', 'a', 'B', 'd/a']) writeFileSync(`${folder}/s/${name}`, 'new');
  for (const name of ['z', 'y']) writeFileSync(`${folder}/t/${name}`, 'old');
  const sorted: unknown = JSON.parse(place.ok('-o', 'json', 'sync', '--dry-run', 's', `g:${folder}/t`));
  assert.partialDeepStrictEqual(sorted, { changed: ['B', 'a', 'c', 'd/a'], extra: ['y', 'z'] });
});
