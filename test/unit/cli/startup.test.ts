// What a command loads is what it costs: help, completion and render must not load the engine.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { novalet } from './novalet-process.ts';

const REPORTER = fileURLToPath(new URL('./report-modules.ts', import.meta.url));

async function loadedBy(argv: readonly string[], stdin = ''): Promise<string[]> {
  const { stderr } = await novalet(argv, { stdin, nodeFlags: ['--import', REPORTER] });
  return stderr
    .split('\n')
    .flatMap((line) => (line.startsWith('loaded ') ? [line.slice('loaded '.length)] : []));
}

const HEAVY =
  /\/src\/(?:app|libvirt|store|storage|guest|network|host)\/|\.node$|node:sqlite|\/(?:zod|pino|yaml|listr2|xml2js)\//;

test('help and completion load the command line and nothing below it but the ground', async () => {
  for (const argv of [['--help'], ['launch', '--help'], ['completion', 'bash'], ['--version']]) {
    const modules = await loadedBy(argv);
    assert.ok(
      modules.some((url) => url.endsWith('/src/cli/program.ts')),
      'the reporter works',
    );
    assert.deepEqual(
      modules.filter((url) => HEAVY.test(url)),
      [],
      argv.join(' '),
    );
  }
});

test('only the command that is called is loaded', async () => {
  const modules = await loadedBy(['version']);
  const commands = modules.filter((url) => url.includes('/src/cli/commands/'));
  assert.deepEqual(
    commands.map((url) => url.replace(/.*\//, '')),
    ['version.ts'],
  );
});
