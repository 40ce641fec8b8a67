import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';

const DRAW = fileURLToPath(new URL('./draw-progress.ts', import.meta.url));
const run = promisify(execFile);

async function drawnOnTerminal(argument: string): Promise<string[]> {
  const line = `stty columns 100 rows 30; ${process.execPath} ${DRAW} ${argument}`;
  const env = { ...process.env, TERM: 'xterm', LANG: 'C.UTF-8' };
  const { stdout } = await run('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    env,
    timeout: 60_000,
  });
  return stripVTControlCharacters(stdout).split(/[\r\n]+/);
}

test('on a terminal each step ends with its mark, in the order in which they began', async () => {
  const lines = await drawnOnTerminal('well');
  const done = lines.filter((line) => /^✔ /.test(line)).map((line) => line.replace(/ \[.*/, ''));
  assert.deepEqual(
    [...new Set(done)],
    [
      '✔ preparing the base image',
      '✔ writing the config drive',
      '✔ downloading (1 KiB)',
      '✔ checking the rest',
      '✔ starting the domain',
    ],
  );
  assert.ok(
    lines.some((line) => line.includes('› writing the config drive')),
    'the step beside it is named',
  );
});

test('a step that was under way when the command failed is marked as failed', async () => {
  const lines = await drawnOnTerminal('fail');
  assert.ok(
    lines.some((line) => /^✖ starting the domain/.test(line)),
    lines.join('\n'),
  );
  assert.ok(!lines.some((line) => /^✔ starting the domain/.test(line)));
});

test('where stderr is no terminal there are plain lines', async () => {
  const { stderr } = await run(process.execPath, [DRAW, 'well'], { timeout: 60_000 });
  assert.match(
    stderr,
    /^\[ +\d+\.\d s\] preparing the base image\n\[ +\d+\.\d s\] writing the config drive\n\[ +\d+\.\d s\] downloading\n\[ +\d+\.\d s\] checking\n\[ +\d+\.\d s\] starting the domain\n$/,
  );
});
