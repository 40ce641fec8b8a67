import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, nearest } from '../../../src/cli/nearest.ts';

test('a slip of the finger finds its word', () => {
  assert.equal(nearest('lanch', ['list', 'launch', 'image']), 'launch');
  assert.equal(nearest('actvie', ['ACTIVE', 'SHUTOFF']), 'ACTIVE');
  assert.equal(nearest('--nmae', ['--name', '--meta']), '--name');
});

test('a word that is near to nothing finds nothing', () => {
  assert.equal(nearest('frobnicate', ['list', 'launch']), undefined);
  assert.equal(nearest('', ['ip']), undefined);
});

test('neighbours that changed places count as one slip', () => {
  assert.equal(editDistance('sohw', 'show'), 1);
  assert.equal(editDistance('show', 'show'), 0);
  assert.equal(editDistance('', 'ip'), 2);
});
