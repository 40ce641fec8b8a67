// What a command loads is what it costs: help, completion and render must not load the engine.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  /\/src\/(?:app|libvirt|store|storage|guest|network|host)\/|\.node$|node:sqlite|\/(?:pino|yaml|listr2|xml2js)\//;

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

test('render loads no addon, no state and no library that it does not need', async () => {
  const guest = {
    flavor: { name: 'm1.tiny', vcpus: 1, memory_mb: 512 },
    image: {},
    instance: { uuid: '6b1f4a52-0d54-4b6e-9d2c-1f1f6a3c9e01' },
  };
  const { status, stdout } = await novalet(['render', '-'], { stdin: JSON.stringify(guest) });
  assert.equal(status, 0);
  assert.match(stdout, /^<domain [\s\S]*<\/domain>\n$/);
  const modules = await loadedBy(['render', '-'], JSON.stringify(guest));
  const unwanted =
    /\/src\/(?:app|libvirt|store|guest|network|host)\/|\.node$|node:sqlite|\/(?:pino|yaml|listr2)\//;
  assert.deepEqual(
    modules.filter((url) => unwanted.test(url)),
    [],
  );
});

test('list loads the records and the way to libvirt, and nothing that builds, fetches or talks to guests', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'novalet-start-'));
  try {
    const config = join(directory, 'novalet.yaml');
    await writeFile(config, `state_dir: ${directory}/state\n`);
    const modules = await loadedBy(['--config', config, 'list']);
    assert.ok(modules.includes('node:sqlite'), 'the reporter works');
    const unwanted =
      /\/src\/(?:storage|guest|network|host|metadata|libvirt-xml|qapi|hostlink)\/|\.node$|\/(?:pino|listr2|xml2js)\//;
    assert.deepEqual(
      modules.filter((url) => unwanted.test(url)),
      [],
    );
  } finally {
    await rm(directory, { recursive: true });
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
