// Whether a command line of a page is one that novalet's parser takes, and a script is one that can be run.
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { commandTree } from './command-tree.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** `words`: without the program. Throws a fault that says what is wrong with them. */
export async function assertParses(words: readonly string[]): Promise<void> {
  const tree = await commandTree();
  disarm(tree);
  await tree.parseAsync(words, { from: 'user' });
}

/** `path`: seen from the package's directory. */
export function assertScript(path: string): void {
  assert.ok(existsSync(join(root, path)), `${path} is there`);
  assert.ok((statSync(join(root, path)).mode & 0o111) !== 0, `${path} can be executed`);
}

/** Keeps commands from doing anything: parsing alone is what is tried. */
function disarm(command: Command): void {
  const hasAction = command.commands.length === 0 || command.registeredArguments.length > 0;
  if (hasAction) command.action(() => undefined);
  for (const child of command.commands) disarm(child);
}
