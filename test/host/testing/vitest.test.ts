// The fixture with vitest: a project of its own, with novalet installed as npm would, and two files at once.
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { type CommandResult, runCommand } from '../support/run-command.ts';
import { PACKAGE, World } from '../support/world.ts';
import { sampleEnv } from './run-sample.ts';

const BOUND = { timeout: 420_000 };
const world = await World.make();
after(() => world[Symbol.asyncDispose]());

const project = join(world.stateDir, 'project');
let ran: CommandResult;

before(async () => {
  await world.minimalImage('debian'); // as the example calls it
  await installPackage();
  await cp(join(PACKAGE, 'test', 'examples', 'guest-vitest.test.ts'), join(project, 'example.test.ts'));
  await cp(join(PACKAGE, 'test', 'host', 'testing', 'vitest-sample.ts'), join(project, 'fails.test.ts'));
  const words = [join(PACKAGE, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--reporter=verbose'];
  const env = sampleEnv(world, {
    NOVALET_TEST_RESULTS: '',
    NO_COLOR: '1',
    NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
  });
  ran = await runCommand(process.execPath, words, { cwd: project, env, timeoutMs: 400_000 });
}, BOUND);

/** Compiled, and installed as `npm install DIRECTORY` does: by a link. */
async function installPackage(): Promise<void> {
  const modules = join(project, 'node_modules');
  const home = join(world.stateDir, 'novalet');
  for (const directory of [home, modules]) await mkdir(directory, { recursive: true });
  await symlink(home, join(modules, 'novalet'));
  await runProgram(join(PACKAGE, 'scripts', 'build'), [join(home, 'dist')], { timeoutMs: 120_000 });
  for (const name of ['package.json', 'templates'])
    await cp(join(PACKAGE, name), join(home, name), { recursive: true });
  for (const name of ['native', 'node_modules']) await symlink(join(PACKAGE, name), join(home, name));
  await symlink(join(PACKAGE, 'node_modules', 'vitest'), join(modules, 'vitest'));
}

test('the example of the page passes beside another file', () => {
  const { stdout, stderr, status } = ran;
  assert.equal(status, 1, stdout + stderr);
  assert.match(stdout, /✓ example\.test\.ts > a message of the day can be written/);
  assert.match(stdout, /✓ example\.test\.ts > no test sees what another one did/);
  assert.match(stdout, /Tests +2 failed \| 3 passed/);
});

test('a failed test leaves its guest’s console and screen as files, and names them', async () => {
  const results = join(project, 'test-results');
  assert.deepEqual(await readdir(results), ['fails.test.ts']);
  const directory = join(results, 'fails.test.ts', 'a-guest-fails');
  assert.deepEqual((await readdir(directory)).sort(), ['guest.console.log', 'guest.screen.png']);
  const log = await readFile(join(directory, 'guest.console.log'), 'latin1');
  assert.ok(log.includes('I am of: fails\u001b[31m'));
  assert.ok(ran.stderr.includes(`console log: ${join(directory, 'guest.console.log')}\n`), ran.stderr);
  assert.match(ran.stderr, /\| .*I am of: fails\n/);
});

test('no guest is left, of a test that ran out of time neither', async () => {
  assert.match(ran.stdout, /Test timed out in 1ms/);
  assert.deepEqual(await (await world.compute()).list(), []);
  assert.deepEqual((await world.snapshot())['domains'], []);
});
