// What the tests of `apply` share: a file is applied by the command, and then there is nothing left to do.
import assert from 'node:assert/strict';
import type { CommandResult } from '../support/run-command.ts';
import type { World } from '../support/world.ts';

interface Step {
  readonly name: string;
  readonly action: string;
  readonly cost: string;
  readonly result?: string;
  readonly differences: readonly { readonly key: string }[];
}

/** The steps that are not without anything to do, as `name action cost result: keys`. */
export function stepsIn({ stdout }: CommandResult): readonly string[] {
  const { steps } = JSON.parse(stdout) as { readonly steps: readonly Step[] };
  return steps
    .filter(({ action }) => action !== 'none')
    .map(({ name, action, cost, result = '-', differences }) => {
      const keys = [...new Set(differences.map(({ key }) => key))];
      return `${name} ${action} ${cost} ${result}: ${keys.join(' ')}`;
    });
}

export async function applyFile(
  world: World,
  file: string,
  ...options: readonly string[]
): Promise<CommandResult> {
  return await world.novalet(['-o', 'json', 'apply', '-f', file, ...options]);
}

/** Applies, and applies again: the second time there is nothing to do. */
export async function settleFile(
  world: World,
  file: string,
  ...options: readonly string[]
): Promise<readonly string[]> {
  const first = await applyFile(world, file, ...options);
  assert.equal(first.status, 0, first.stderr);
  const second = await applyFile(world, file, '--dry-run', '--exit-code');
  assert.deepEqual([second.status, stepsIn(second)], [0, []], second.stderr);
  return stepsIn(first);
}
