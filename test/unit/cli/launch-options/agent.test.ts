import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { addAgentOptions, readAgentOptions } from '../../../../src/cli/launch-options/agent.ts';

function read(...args: string[]): ReturnType<typeof readAgentOptions> {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addAgentOptions(command);
  return readAgentOptions(command.parse(args, { from: 'user' }).opts());
}

test('without an option nothing is asked for', () => {
  assert.deepEqual(read(), {});
});

test('a way is asked for by its name, and none by --no-agent', () => {
  assert.deepEqual(read('--agent', 'drive'), { agent: 'drive' });
  assert.deepEqual(read('--agent', 'packages'), { agent: 'packages' });
  assert.deepEqual(read('--no-agent'), { agent: 'none' });
});

test('what the image forbids its agent can be kept', () => {
  assert.deepEqual(read('--keep-agent-blocks'), { keepAgentBlocks: true });
});

test('another way is refused', () => {
  assert.throws(() => read('--agent', 'floppy'), /auto, drive, packages/);
});
