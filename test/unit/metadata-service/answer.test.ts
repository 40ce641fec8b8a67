import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ED25519_KEY, PASSWORD } from '../metadata/sample.ts';
import { answerTo, decideOn, FULL, PLAIN, read, textOf } from './asking.ts';

test('the top lists the versions of EC2, and openstack its own, each with latest as the last', () => {
  const versions = read('/').split('\n');
  assert.equal(versions[0], '1.0');
  assert.deepEqual(versions.slice(-2), ['2009-04-04', 'latest']);
  assert.equal(read('/ec2'), read('/'));
  assert.equal(read('/ec2/'), read('/'));
  const openStack = read('/openstack').split('\n');
  assert.equal(openStack[0], '2012-08-10');
  assert.deepEqual(openStack.slice(-2), ['2020-10-14', 'latest']);
});

test('a path without a prefix is one of EC2', () => {
  assert.equal(read('/latest/meta-data/instance-id'), 'i-0000002a');
  assert.equal(read('/ec2/latest/meta-data/instance-id'), 'i-0000002a');
  assert.equal(read('/2009-04-04/meta-data/instance-id'), 'i-0000002a');
});

test('the meta-data are a tree: a slash after what has more beneath it, and keys by number and name', () => {
  assert.equal(read('/latest'), 'meta-data/\nuser-data');
  const names = read('/latest/meta-data/').split('\n');
  assert.deepEqual(
    names.filter((name) => name.endsWith('/')),
    ['block-device-mapping/', 'placement/', 'public-keys/'],
  );
  assert.deepEqual(names, names.toSorted());
  assert.equal(read('/latest/meta-data/public-keys/'), '0=laptop\n1=desk');
  assert.equal(read('/latest/meta-data/public-keys/0/'), 'openssh-key');
  assert.equal(read('/latest/meta-data/public-keys/0/openssh-key'), ED25519_KEY);
  assert.equal(read('/latest/meta-data/placement/availability-zone'), 'rack-1');
  assert.equal(read('/latest/meta-data/block-device-mapping'), 'ami\nephemeral0\nroot\nswap');
  assert.equal(read('/latest/meta-data/block-device-mapping/root'), '/dev/vda');
  assert.equal(read('/latest/meta-data/security-groups'), 'default');
});

test('an older version of EC2 has no keys that came after it', () => {
  const keys = (version: string) => read(`/${version}/meta-data/`).split('\n');
  assert.ok(!keys('1.0').includes('local-hostname') && keys('2007-01-19').includes('local-hostname'));
  assert.ok(!keys('2007-03-01').includes('instance-type') && keys('2007-08-29').includes('instance-type'));
  assert.ok(!keys('2008-02-01').includes('instance-action') && keys('2008-02-01').includes('placement/'));
  assert.equal(answerTo('/1.0/meta-data/instance-type').status, 404);
});

test('user data are there as they are, and 404 when there are none', () => {
  assert.equal(read('/latest/user-data'), '#cloud-config\nhostname: given\n');
  assert.equal(read('/openstack/latest/user_data'), '#cloud-config\nhostname: given\n');
  assert.equal(answerTo('/latest/user-data').type, 'application/octet-stream');
  assert.equal(answerTo('/latest/user-data', { documents: PLAIN }).status, 404);
  assert.equal(answerTo('/openstack/latest/user_data', { documents: PLAIN }).status, 404);
  assert.equal(read('/latest', { documents: PLAIN }), 'meta-data/');
});

test('each version of openstack lists the files of its time, and the password from 2013-04-04 on', () => {
  assert.equal(read('/openstack/2012-08-10'), 'meta_data.json\nuser_data');
  assert.equal(read('/openstack/2013-04-04/'), 'meta_data.json\nuser_data\npassword');
  assert.equal(
    read('/openstack/latest'),
    'meta_data.json\nuser_data\npassword\nvendor_data.json\nnetwork_data.json\nvendor_data2.json',
  );
  const answer = answerTo('/openstack/latest/meta_data.json');
  assert.equal(answer.type, 'application/json');
  assert.deepEqual(answer.body, FULL.get('openstack/latest/meta_data.json'));
});

test('injected files are beside the versions, where the documents say, and below each', () => {
  assert.equal(read('/openstack/content/0000'), 'hello\n');
  assert.equal(read('/openstack/2015-10-15/content/0000'), 'hello\n');
  for (const path of ['/openstack/content', '/openstack/latest/content', '/openstack/content/0001']) {
    assert.equal(answerTo(path).status, 404, path);
  }
});

test('what is not there is 404, whatever is asked for beneath it', () => {
  for (const path of [
    '/2024-01-01/meta-data',
    '/openstack/2024-01-01',
    '/openstack/latest/meta_data',
    '/openstack/latest/meta_data.json/more',
    '/openstack/2012-08-10/password',
    '/openstack/content/0000/more',
    '/openstack/latest/content/0000/more',
    '/latest/dynamic/instance-identity/document',
    '/latest/meta-data/hostname/more',
    '/latest/user-data/more',
    '/latest/meta-data/__proto__',
    '/latest/meta-data/constructor',
    '/ec2/ec2/latest',
    '/openstack/openstack',
  ]) {
    assert.equal(answerTo(path).status, 404, path);
  }
});

test('an instance without keys has no public-keys', () => {
  assert.ok(!read('/latest/meta-data', { documents: PLAIN }).includes('public-keys'));
  assert.equal(answerTo('/latest/meta-data/public-keys/', { documents: PLAIN }).status, 404);
});

test('a key that is named by digits keeps its place', () => {
  const metaData = JSON.stringify({ keys: [{ name: 'b' }, { name: '7' }], public_keys: { b: 'B', 7: 'A' } });
  const ec2 = JSON.stringify({ 'public-keys': { 0: { 'openssh-key': 'B' }, 1: { 'openssh-key': 'A' } } });
  const documents = new Map([
    ['openstack/latest/meta_data.json', Buffer.from(metaData)],
    ['ec2/2009-04-04/meta-data.json', Buffer.from(ec2)],
  ]);
  assert.equal(read('/latest/meta-data/public-keys', { documents }), '0=b\n1=7');
});

test('documents are read by GET and HEAD, and by nothing else', () => {
  assert.equal(answerTo('/latest/meta-data', { method: 'HEAD' }).status, 200);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
    const answer = answerTo('/latest/meta-data', { method });
    assert.deepEqual([answer.status, answer.headers?.['Allow']], [405, 'GET, HEAD']);
  }
});

test('a password is told, and kept when it is posted, from 2013-04-04 on', () => {
  assert.deepEqual(decideOn('/openstack/latest/password'), { kind: 'tell-password' });
  const post = { method: 'POST', body: 'QUJD\n' };
  const kept = { kind: 'keep-password', password: 'QUJD\n' };
  assert.deepEqual(decideOn('/openstack/2013-04-04/password', post), kept);
  assert.equal(answerTo('/openstack/2012-08-10/password', post).status, 405);
  assert.equal(answerTo('/openstack/latest/password/', { method: 'PUT' }).status, 405);
});

test('a posted password has 1 to 1020 printable characters', () => {
  const status = (body: string) => {
    const decision = decideOn('/openstack/latest/password', { method: 'POST', body });
    return decision.kind === 'answer' ? decision.answer.status : decision.kind;
  };
  assert.equal(status('x'.repeat(1020)), 'keep-password');
  assert.equal(status('x'.repeat(1021)), 400);
  assert.equal(status(''), 400);
  assert.equal(status('a\x1b]0;title\x07'), 400);
  assert.equal(status('a\0b'), 400);
  assert.equal(status('caf\xe9'), 400);
});

test('no answer has the password that only a drive carries', () => {
  for (const path of [
    '/openstack/latest/meta_data.json',
    '/latest/meta-data',
    '/openstack/latest/password',
  ]) {
    const decision = decideOn(path);
    assert.ok(decision.kind !== 'answer' || !textOf(decision.answer).includes(PASSWORD));
  }
});
