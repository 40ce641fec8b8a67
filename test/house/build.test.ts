// The package as npm would install it: compiled, below a node_modules folder.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const consumer = mkdtempSync(join(tmpdir(), 'nvt-build-'));
after(() => rmSync(consumer, { recursive: true }));

test('what scripts/build compiles works as an installed package: the command, and the library by its name', () => {
  const home = join(consumer, 'node_modules', 'novalet');
  mkdirSync(home, { recursive: true });
  execFileSync(join(root, 'scripts', 'build'), [join(home, 'dist')], { stdio: 'pipe' });
  for (const name of ['package.json', 'templates', 'scripts']) {
    cpSync(join(root, name), join(home, name), { recursive: true });
  }
  for (const name of ['native', 'node_modules']) symlinkSync(join(root, name), join(home, name));
  const run = (program: string, words: readonly string[]) =>
    execFileSync(program, words, { cwd: consumer, encoding: 'utf8' });
  const said = JSON.parse(run(join(home, 'scripts', 'novalet'), ['version', '-o', 'json']));
  assert.equal(said.node, process.versions.node);
  writeFileSync(
    join(consumer, 'uses.mjs'),
    `import { connect } from 'novalet';
     import { GuestFixture } from 'novalet/testing';
     import { guestFixture } from 'novalet/testing/node';
     console.log(typeof connect, typeof GuestFixture, typeof guestFixture);`,
  );
  assert.match(run(process.execPath, [join(consumer, 'uses.mjs')]), /^function function function\n/);
});
