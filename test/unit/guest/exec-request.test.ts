import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import {
  checkExec,
  type ExecOptions,
  needsScript,
  plainSpawn,
  scriptSpawn,
} from '../../../src/guest/exec-request.ts';

test('a bare command is guest-exec itself', () => {
  assert.equal(needsScript({}), false);
  assert.deepEqual(plainSpawn(['true', 'a'], undefined).arguments, {
    path: 'true',
    arg: ['a'],
    'capture-output': true,
  });
});

test('the value of a variable, the nonce and the input are in no argument', () => {
  const env = { TOKEN: new Secret('hunter2'), PLAIN: 'a\nb\\c' };
  const spawn = scriptSpawn(['cmd', 'x'], { env, user: 'joe', stdin: 'the input' }, { withSetsid: true });
  const { path, arg, 'input-data': input = '' } = spawn.arguments;
  const words = [path, ...arg].join('\u0000');
  for (const hidden of ['hunter2', 'a\nb', 'the input', spawn.nonce ?? ''])
    assert.ok(!words.includes(hidden));
  const lines = Buffer.from(input, 'base64').toString();
  assert.equal(lines, `${spawn.nonce}\n${spawn.nonce}\nTOKEN=hunter2\nPLAIN=a\\nb\\\\c\nthe input`);
  assert.deepEqual(arg.slice(-6), ['', '2', '', '', 'cmd', 'x']);
});

test('what could never run is refused before anything is sent', () => {
  const bad: [readonly string[], ExecOptions, string][] = [
    [[], {}, 'EXEC_ARGUMENT_INVALID'],
    [[''], {}, 'EXEC_ARGUMENT_INVALID'],
    [['a', 'b\0c'], {}, 'EXEC_ARGUMENT_INVALID'],
    [['a', 'x'.repeat(128 * 1024)], {}, 'EXEC_ARGUMENT_INVALID'],
    [['a'], { env: { 'A B': '1' } }, 'EXEC_ENV_INVALID'],
    [['a'], { env: { novalet_x: '1' } }, 'EXEC_ENV_INVALID'],
    [['a'], { env: { A: '1\0' } }, 'EXEC_ENV_INVALID'],
    [['a'], { cwd: 'relative' }, 'EXEC_CWD_INVALID'],
    [['a'], { user: '-c' }, 'EXEC_USER_INVALID'],
    [['a'], { user: 'a:b' }, 'EXEC_USER_INVALID'],
    [['a'], { timeoutMs: 0 }, 'EXEC_OPTION_INVALID'],
    [['a'], { captureLimit: -1 }, 'EXEC_OPTION_INVALID'],
  ];
  for (const [argv, options, code] of bad)
    assert.throws(
      () => checkExec(argv, options),
      (error) => isFault(error, code),
    );
  checkExec(['a', 'x'.repeat(128 * 1024 - 1)], { env: { A_1: '' }, cwd: '/', user: '1000', timeoutMs: 1 });
});
