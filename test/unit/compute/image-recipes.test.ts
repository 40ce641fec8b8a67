import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastStage } from '../../../src/compute/image-recipes.ts';

test('of what a recipe says the last line is told, without the recipe’s clock', () => {
  assert.equal(lastStage('[   0.1 s] installing\n[  37.7 s] making the disk\n'), 'making the disk');
  assert.equal(lastStage('[1234.5 s] compressing'), 'compressing');
  assert.equal(lastStage('W: a warning [1.0 s] of a program\n'), 'W: a warning [1.0 s] of a program');
  assert.equal(lastStage('\n'), '');
  assert.equal(lastStage('x'.repeat(1000)).length, 200);
});
