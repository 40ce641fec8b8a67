import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Undo } from '../../../src/base/index.ts';

test('what was set up is taken back newest first', async () => {
  const order: string[] = [];
  {
    await using undo = new Undo(() => assert.fail('nothing fails here'));
    undo.push('one', () => void order.push('one'));
    undo.push('two', async () => void order.push('two'));
  }
  assert.deepEqual(order, ['two', 'one']);
});

test('a way back that fails is told and does not stop the others', async () => {
  const order: string[] = [];
  const failures: string[] = [];
  const undo = new Undo((what, error) => failures.push(`${what}: ${String(error)}`));
  undo.push('remove the disk', () => void order.push('disk'));
  undo.push('remove the port', () => Promise.reject(new Error('gone')));
  await undo.run();
  assert.deepEqual(order, ['disk']);
  assert.deepEqual(failures, ['remove the port: Error: gone']);
});

test('work that is kept is not taken back', async () => {
  const order: string[] = [];
  {
    await using undo = new Undo(() => assert.fail('nothing fails here'));
    undo.push('one', () => void order.push('one'));
    undo.keep();
  }
  assert.deepEqual(order, []);
});
