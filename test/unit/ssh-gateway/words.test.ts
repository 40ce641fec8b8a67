// The gateway's pure parts: logins, commands, variables, doors, what a client gets to read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../../src/base/index.ts';
import { Environment, programOf, spawnRequest } from '../../../src/ssh-gateway/command.ts';
import { Door, sourceOf } from '../../../src/ssh-gateway/door.ts';
import { exitStatusOf, faultText } from '../../../src/ssh-gateway/fault-text.ts';
import { DEFAULT_LIMITS } from '../../../src/ssh-gateway/limits.ts';
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

test('an IPv6 source is its network of 64 bits, and an IPv4 address is itself however it is written', () => {
  assert.equal(sourceOf('192.0.2.7'), '192.0.2.7');
  assert.equal(sourceOf('::ffff:192.0.2.7'), '192.0.2.7');
  assert.equal(sourceOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(sourceOf('2001:db8:1:2::9'), '2001:db8:1:2::/64');
  assert.equal(sourceOf('2001:db8::9'), '2001:db8:0:0::/64');
  assert.equal(sourceOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
  assert.equal(sourceOf('::1'), '0:0:0:0::/64');
});

test('places at the door come back once each, and refusals of endless sources are one number', () => {
  const logged: object[] = [];
  const limits = { ...DEFAULT_LIMITS, connections: 4, loginsPerSource: 4, connectionsPerSource: 4 };
  const door = new Door(limits, { warn: (facts) => void logged.push(facts) });
  const place = door.enter('192.0.2.1', 0);
  assert.ok(typeof place !== 'string');
  const why = 'too many connections before their login';
  for (let at = 0; at < 3000; at += 1) assert.equal(door.enter(`2001:db8:${at.toString(16)}::1`, 0), why);
  assert.equal(logged.length, 1000);
  door.tell();
  assert.deepEqual(logged.slice(1000), [{ why: 'of more sources than are told apart', count: 2000 }]);
  place.loggedIn();
  place.loggedIn();
  const next = door.enter('192.0.2.1', 0);
  assert.ok(typeof next !== 'string');
  assert.equal(door.enter('192.0.2.1', 0), why);
  next.leave();
  next.leave();
  assert.ok(typeof door.enter('192.0.2.1', 0) !== 'string');
});
