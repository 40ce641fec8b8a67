// The gateway's pure parts: logins, commands, variables, rates, what a client gets to read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../../src/base/index.ts';
import { Environment, programOf, spawnRequest } from '../../../src/ssh-gateway/command.ts';
import { exitStatusOf, faultText } from '../../../src/ssh-gateway/fault-text.ts';
import { Counter, Rate } from '../../../src/ssh-gateway/limits.ts';
import { parseLogin } from '../../../src/ssh-gateway/login.ts';

test('a login is NAME, or USER+NAME with the last plus', () => {
  assert.deepEqual(parseLogin('web-1'), { instance: 'web-1', guestUser: undefined });
  assert.deepEqual(parseLogin('app+web-1'), { instance: 'web-1', guestUser: 'app' });
  assert.deepEqual(parseLogin('CORP\\bob+win'), { instance: 'win', guestUser: 'CORP\\bob' });
  for (const bad of [
    '',
    '+',
    'a+',
    '+web',
    '-oX+web',
    'a b+web',
    '../x',
    'web\n',
    'a+b+web',
    'x'.repeat(200),
  ])
    assert.equal(parseLogin(bad), undefined, JSON.stringify(bad));
});

test('a login of any text is refused or made of safe characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const login = parseLogin(text);
      if (login === undefined) return;
      assert.match(login.instance, /^[A-Za-z0-9][\w.-]*$/);
      assert.match(login.guestUser ?? 'x', /^\w[\w.@\\-]*\$?$/);
    }),
  );
});

test('a command reaches the user’s shell as one argument', () => {
  const wish = {
    command: 'echo "$1"; rm x',
    user: 'app',
    env: new Map([['LANG', 'C']]),
    terminal: undefined,
  };
  const { argv, user, env } = spawnRequest(wish);
  assert.deepEqual(argv.slice(-2), ['sh', 'echo "$1"; rm x']);
  assert.deepEqual([user, env], ['app', { LANG: 'C' }]);
  assert.match(spawnRequest({ ...wish, command: undefined }).argv.at(-1) ?? '', / -l$/);
});

test('of a command line only a plain first word is ever recorded', () => {
  assert.equal(programOf('  /usr/bin/psql -c "secret"'), '/usr/bin/psql');
  assert.equal(programOf('ls|wc'), 'ls');
  for (const hidden of ['PASSWORD="a b" psql', "'my secret' x", '$(secret)', ''])
    assert.equal(programOf(hidden), '(shell)', hidden);
});

test('variables come in only by the names that are allowed, and not without end', () => {
  const environment = new Environment(['GIT_*']);
  assert.ok(
    environment.set('LANG', 'C') && environment.set('LC_ALL', 'C') && environment.set('GIT_DIR', '/x'),
  );
  for (const name of ['LD_PRELOAD', 'PATH', 'XLANG', 'LANGX', 'GIT', 'LC_A=B'])
    assert.ok(!environment.set(name, 'x'), name);
  assert.ok(!environment.set('LC_A', 'a\0b') && !environment.set('LC_B', 'x'.repeat(5000)));
  for (let at = 0; at < 200; at += 1) environment.set(`LC_${at}`, 'x');
  assert.equal(environment.values.size, 64);
});

test('what a client reads of a fault moves no cursor', () => {
  const fault = new Fault('refused', 'EXEC_NOT_FOUND', 'no \x1b]0;x\x07 program\u202e', { hint: 'a\nb' });
  const text = faultText(fault);
  assert.equal(text, 'novalet: no  ]0;x  program [EXEC_NOT_FOUND]\r\nnovalet: a b\r\n');
  assert.equal(exitStatusOf(fault), 127);
});

test('a rate lets a burst through, and then as many as there are seconds', () => {
  const rate = new Rate(2);
  const passed = Array.from({ length: 20 }, () => rate.admits('a', 0)).filter(Boolean).length;
  assert.equal(passed, 10);
  assert.ok(rate.admits('b', 0));
  assert.ok(rate.admits('a', 500) && !rate.admits('a', 500));
});

test('places are counted by key and in all, and given back once', () => {
  const counter = new Counter();
  const first = counter.take('a', 1, 2);
  assert.ok(first !== undefined && counter.take('a', 1, 2) === undefined);
  assert.ok(counter.take('b', 1, 2) !== undefined && counter.take('c', 1, 2) === undefined);
  first();
  first();
  assert.ok(counter.take('c', 1, 2) !== undefined && counter.take('d', 1, 2) === undefined);
});
