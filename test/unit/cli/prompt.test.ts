// The prompt on a real terminal: script(1) gives the command a pseudo-terminal and shows what appears on it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { MAIN } from './novalet-process.ts';

const BOUND = { timeout: 20_000 };

/** Runs `novalet ARGUMENTS` on a terminal and types each answer when its question is there. */
async function onTerminal(argv: readonly string[], dialogue: readonly (readonly [string, string])[]) {
  const line = [process.execPath, '--disable-warning=ExperimentalWarning', MAIN, ...argv].join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], BOUND);
  const left = [...dialogue];
  let screen = '';
  let unread = '';
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk;
    unread += chunk;
    const [question, answer] = left[0] ?? [];
    if (question === undefined || answer === undefined || !unread.includes(question)) return;
    left.shift();
    unread = '';
    child.stdin.write(answer);
  });
  const [status] = await once(child, 'close');
  return { status, screen };
}

test('a password is asked for twice, is never shown, and two that differ change nothing', BOUND, async () => {
  const { status, screen } = await onTerminal(
    ['passwd', 'web-1', '--user', 'me'],
    [
      ['New password of me in web-1: ', 'hunter2\r'],
      ['Again: ', 'hunter3\r'],
    ],
  );
  assert.match(screen, /The two passwords differ; nothing was changed \[PASSWORDS_DIFFER\]/);
  assert.doesNotMatch(screen, /hunter/);
  assert.equal(status, 2);
});

test('backspace and Ctrl-U correct what is typed', BOUND, async () => {
  const { screen, status } = await onTerminal(
    ['--config', '/nonexistent', 'passwd', 'web-1'],
    [
      ['New password', 'rubbish\u0015huntet\u007fr2\r'],
      ['Again: ', 'hunter2\r'],
    ],
  );
  assert.match(screen, /\[CONFIG_NOT_FOUND\]/); // they were equal: the next thing was to open the engine
  assert.equal(status, 3);
});

test('Ctrl-C at the prompt ends with 130', BOUND, async () => {
  const { status, screen } = await onTerminal(['passwd', 'web-1'], [['New password', '\u0003']]);
  assert.match(screen, /\[INTERRUPTED\]/);
  assert.equal(status, 130);
});
