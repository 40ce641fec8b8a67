// edit on a real terminal, with a real vi, and with editors that end badly.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const PROGRAM = join(import.meta.dirname, 'file-command-process.ts');
const TERMINAL = join(import.meta.dirname, '..', 'support', 'terminal.py');

/** `edit` of a file before a person who types; the editor keeps its private copies in the same folder. */
class Desk implements Disposable {
  readonly folder = mkdtempSync('/var/tmp/novalet-edit-test-');
  readonly file = join(this.folder, 'f');
  screen = '';
  #more = Promise.withResolvers<void>();

  constructor() {
    writeFileSync(this.file, 'as it was\n', { mode: 0o640 });
  }

  open(editor: string) {
    const words = [TERMINAL, process.execPath, '--no-warnings', PROGRAM, 'edit', `g:${this.file}`];
    const env = { ...process.env, TERM: 'xterm', VISUAL: editor, TMPDIR: this.folder, HOME: this.folder };
    const child = spawn('python3', words, { env, timeout: 60_000 });
    const ended = once(child, 'close').then(([status]: unknown[]) => {
      this.#more.resolve();
      return status;
    });
    child.stdout.on('data', (bytes: Buffer) => {
      this.screen += bytes.toString('latin1');
      const { resolve } = this.#more;
      this.#more = Promise.withResolvers();
      resolve();
    });
    return { ended, type: (keys: string) => child.stdin.write(keys) };
  }

  async sees(pattern: RegExp, ended: Promise<unknown>): Promise<string> {
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    for (;;) {
      const found = pattern.exec(this.screen);
      if (found !== null) return found[0];
      assert.ok(!isOver, this.screen);
      await this.#more.promise;
    }
  }

  /** An editor that is a script; `$1` is the file. */
  script(text: string): string {
    const path = join(this.folder, 'editor');
    writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return path;
  }

  copies(): string[] {
    return readdirSync(this.folder).filter((name) => name.startsWith('novalet-edit-'));
  }

  content(): string {
    return readFileSync(this.file, 'utf8');
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

test('vi on a terminal: what is typed and written is in the file, and no copy is left', async () => {
  using desk = new Desk();
  const { ended, type } = desk.open('vi');
  await desk.sees(/as it was/, ended);
  type('otyped\u001b:wq\r');
  assert.equal(await ended, 0, desk.screen);
  assert.equal(desk.content(), 'as it was\ntyped\n');
  assert.equal(statSync(desk.file).mode & 0o777, 0o640);
  assert.match(desk.screen, /Wrote /);
  assert.deepEqual(desk.copies(), []);
});

test('vi that is left with :cq writes nothing back, and says so', async () => {
  using desk = new Desk();
  const { ended, type } = desk.open('vi');
  await desk.sees(/as it was/, ended);
  type('otyped\u001b:cq\r');
  assert.equal(await ended, 8, desk.screen);
  assert.match(desk.screen, /EDITOR_FAILED: vi ended with 1; nothing was written/);
  assert.equal(desk.content(), 'as it was\n');
  assert.deepEqual(desk.copies(), []);
});

test('an editor that a signal ends changes nothing in the guest; what was changed in the copy is kept and named', async () => {
  using desk = new Desk();
  const { ended } = desk.open(desk.script('echo more >>"$1"; kill -HUP $$'));
  assert.equal(await ended, 8, desk.screen);
  assert.match(desk.screen, /EDITOR_FAILED: \S+\/editor was ended by SIGHUP; nothing was written/);
  assert.equal(desk.content(), 'as it was\n');
  const kept = /kept in (\S+)/.exec(desk.screen)?.[1] ?? '';
  assert.equal(readFileSync(kept, 'utf8'), 'as it was\nmore\n');
  assert.equal(statSync(kept).mode & 0o777, 0o600);
});

test('an editor that is killed before anything was changed leaves no copy', async () => {
  using desk = new Desk();
  const { ended } = desk.open(desk.script('kill -KILL $$'));
  assert.equal(await ended, 8, desk.screen);
  assert.match(desk.screen, /was ended by SIGKILL; nothing was written/);
  assert.equal(desk.content(), 'as it was\n');
  assert.deepEqual(desk.copies(), []);
});

test('a vi that is killed while it is typed into keeps what it can be recovered from', async () => {
  using desk = new Desk();
  const { ended, type } = desk.open(desk.script(`echo $$ >'${desk.folder}/pid'; exec vi "$1"`));
  await desk.sees(/as it was/, ended);
  type('otyped');
  await desk.sees(/typed/, ended);
  process.kill(Number(readFileSync(join(desk.folder, 'pid'), 'utf8')), 'SIGKILL');
  assert.equal(await ended, 8, desk.screen);
  assert.match(desk.screen, /was ended by SIGKILL/);
  assert.equal(desk.content(), 'as it was\n');
  const [copy = ''] = desk.copies();
  assert.ok(readdirSync(join(desk.folder, copy)).some((name) => name.endsWith('.swp')));
});
