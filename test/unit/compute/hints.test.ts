import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { named } from '../../../src/compute/hints.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** Every hint in the source that has a command of ours about an instance whose name is not known there. */
function nameless(): readonly string[] {
  const folders = ['guest', 'storage'].map((folder) => join(root, 'src', folder));
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  const hint = /["'`]([^"'`\n]*\bnovalet [^"'`\n]*\bNAME\b[^"'`\n]*)["'`]/g;
  return files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(hint)].map(([, text = '']) => text));
}

test('every hint from below becomes a command with the name of the instance', () => {
  const hints = nameless();
  assert.ok(hints.length > 8, `${hints.length} hints`);
  for (const hint of hints) {
    const told = named(new Fault('refused', 'X', 'x', { hint }), { name: 'brave-owl' });
    assert.ok(told instanceof Fault);
    assert.match(told.hint ?? '', /novalet [^;.]*brave-owl/);
    assert.doesNotMatch(told.hint ?? '', /NAME/, hint);
  }
});

test('a failure with the name in its hint is the same in all else', () => {
  const cause = new Error('below');
  const details = { exitCode: 3 };
  const fault = new Fault('refused', 'X', 'x NAME', {
    ...{ cause, details, outcome: 'unknown', hint: 'novalet thaw NAME, and look at /x/NAME' },
  });
  const told = named(fault, { name: 'brave-owl' });
  assert.ok(told instanceof Fault);
  const { kind, code, message, outcome, stack } = told;
  assert.deepEqual([kind, code, message, outcome], ['refused', 'X', 'x NAME', 'unknown']);
  assert.deepEqual([told.cause, told.details, stack], [cause, details, fault.stack]);
  assert.equal(told.hint, 'novalet thaw brave-owl, and look at /x/NAME');
  assert.equal(named(cause, { name: 'brave-owl' }), cause);
});
