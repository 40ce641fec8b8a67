// Runs a file of node:test's in a process of its own, as a person would, and gives what it reports (TAP) and its status.
import { join } from 'node:path';
import { type CommandResult, runCommand } from '../support/run-command.ts';
import { PACKAGE, type World } from '../support/world.ts';

const LIMIT_MS = 400_000;

export const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--conditions=novalet-source'];

/** What a process needs of this one's environment to work with a world; nothing that says that a test runs. */
export function sampleEnv(world: World, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: world.stateDir,
    NOVALET_CONFIG: world.configFile,
    NOVALET_TEST_RESULTS: join(world.stateDir, 'results'),
    ...more,
  };
}

export async function runNodeTests(
  world: World,
  file: string,
  more: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const words = [...NODE_FLAGS, '--test', '--test-reporter=tap', file];
  const env = sampleEnv(world, more);
  return await runCommand(process.execPath, words, { cwd: PACKAGE, env, timeoutMs: LIMIT_MS });
}
