import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Secret } from '../../../src/base/index.ts';
import { readProxyHeaders } from '../../../src/metadata-service/proxy.ts';

const ID = '11111111-2222-3333-4444-555555555555';
const SIGNATURE = createHmac('sha256', 'shared').update(ID).digest('hex');

function status(changes: Readonly<Record<string, readonly string[] | undefined>>): number | string {
  const headers = {
    'x-instance-id': [ID],
    'x-tenant-id': ['project'],
    'x-instance-id-signature': [SIGNATURE],
    ...changes,
  };
  const read = readProxyHeaders(headers, new Secret('shared'));
  return read.kind === 'refused' ? read.answer.status : `${read.instance} of ${read.project}`;
}

test('a signature that fits names the instance', () => {
  assert.equal(status({}), `${ID} of project`);
});

test('a header that is missing, empty or there twice is 400', () => {
  for (const name of ['x-instance-id', 'x-tenant-id', 'x-instance-id-signature']) {
    for (const values of [undefined, [''], [ID, ID], [SIGNATURE, SIGNATURE]]) {
      assert.equal(status({ [name]: values }), 400, `${name} ${values}`);
    }
  }
});

test('a signature that does not fit is 403, however it is written', () => {
  const ofAnother = createHmac('sha256', 'shared').update('another').digest('hex');
  const byAnother = createHmac('sha256', 'guessed').update(ID).digest('hex');
  for (const bad of [
    ofAnother,
    byAnother,
    SIGNATURE.toUpperCase(),
    SIGNATURE.slice(1),
    `${SIGNATURE}0`,
    'x',
  ]) {
    assert.equal(status({ 'x-instance-id-signature': [bad] }), 403, bad);
  }
  assert.equal(status({ 'x-instance-id': [`${ID} `] }), 403);
});
