// Each action is tried in each of its states: what says where that is shown is whole, and true of the files.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Action, TRANSITIONS } from '../../src/model/index.ts';
import { SHOWN } from '../host/life/shown-pairs.ts';

const ACTIONS = Object.keys(TRANSITIONS) as Action[];

test('for every action and every state that it may begin in there is a test on a real guest, and for no other', () => {
  for (const action of ACTIONS)
    assert.deepEqual(Object.keys(SHOWN[action]).sort(), [...TRANSITIONS[action]].sort(), action);
});

test('each of those tests is there, known by words that no other of its file has', () => {
  const names = new Map<string, readonly string[]>();
  for (const [file, words] of ACTIONS.flatMap((action) => Object.values(SHOWN[action]))) {
    const ofFile = names.get(file) ?? namesIn(file);
    names.set(file, ofFile);
    assert.equal(ofFile.filter((name) => name.includes(words)).length, 1, `${file}: ${words}`);
  }
});

/** The names of a file's tests, as they are written in it. */
function namesIn(file: string): readonly string[] {
  const text = readFileSync(join(import.meta.dirname, '..', 'host', file), 'utf8');
  return [...text.matchAll(/\btest\(\s*(['"`])(.+?)\1,/g)].map(([, , name = '']) => name);
}
