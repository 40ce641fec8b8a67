import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTtl, Tokens } from '../../../src/metadata-service/tokens.ts';
import { type Ask, answerTo, textOf } from './asking.ts';

const TTL = 'x-aws-ec2-metadata-token-ttl-seconds';
const TOKEN = 'x-aws-ec2-metadata-token';

function put(ask: Ask & { ttl?: string } = {}) {
  const { ttl = '60', headers } = ask;
  return answerTo('/latest/api/token', { ...ask, method: 'PUT', headers: { [TTL]: ttl, ...headers } });
}

test('a token is given for as long as was asked for, and is good for as long', () => {
  const tokens = new Tokens();
  const answer = put({ tokens, nowS: 100 });
  assert.equal(answer.headers?.[TTL], '60');
  const token = textOf(answer);
  const status = (nowS: number, instance = 'one') =>
    answerTo('/latest/meta-data', { tokens, nowS, instance, headers: { [TOKEN]: token } }).status;
  assert.equal(status(159.9), 200);
  assert.equal(status(160), 401);
  assert.equal(status(101, 'two'), 401, 'it is worth nothing to another instance');
});

test('a token that was changed, or is of another process, is worth nothing', () => {
  const tokens = new Tokens();
  const token = tokens.issue('one', 60, 0);
  const [end = '', seal = ''] = token.split('.');
  const longer = `${Number(end) + 1}.${seal}`;
  const cut = token.slice(0, -1);
  for (const bad of [longer, cut, `${token}x`, ` ${token}`, seal, '', '0.', `${end}.`, `-1.${seal}`]) {
    assert.equal(tokens.isValid(bad, 'one', 0), false, bad);
    const { status } = answerTo('/latest/meta-data', { tokens, headers: { [TOKEN]: bad } });
    assert.equal(status, 401, bad);
  }
  assert.ok(tokens.isValid(token, 'one', 0));
  assert.ok(!new Tokens().isValid(token, 'one', 0));
});

test('a token of one instance is not that of another whose name is longer or shorter', () => {
  const tokens = new Tokens();
  assert.ok(!tokens.isValid(tokens.issue('1', 60, 0), '', 0));
  assert.ok(!tokens.isValid(tokens.issue('a\nb', 60, 0), 'b', 0));
});

test('a token lives 1 to 21600 seconds, and nothing else is a number of them', () => {
  assert.deepEqual(['1', '21600'].map(readTtl), [1, 21_600]);
  for (const bad of ['0', '21601', '-1', '1.5', '1e3', ' 1', '', '99999999', 'x']) {
    assert.equal(readTtl(bad), undefined, bad);
    assert.equal(put({ ttl: bad }).status, 400, bad);
  }
  assert.equal(answerTo('/latest/api/token', { method: 'PUT' }).status, 400);
});

test('a request that was forwarded gets no token', () => {
  assert.equal(put({ headers: { 'x-forwarded-for': '192.0.2.1' } }).status, 403);
  assert.equal(put({ headers: { 'x-forwarded-for': '' } }).status, 200);
});

test("behind Neutron's proxy its own word of the guest's address is no forwarding, and a second one is", () => {
  const status = (address: string) =>
    put({ isProxied: true, headers: { 'x-forwarded-for': address } }).status;
  assert.equal(status('192.0.2.1'), 200);
  assert.equal(status('198.51.100.1, 192.0.2.1'), 403);
});

test('a token comes by PUT only', () => {
  const answer = answerTo('/latest/api/token');
  assert.deepEqual([answer.status, answer.headers?.['Allow']], [405, 'PUT']);
});
