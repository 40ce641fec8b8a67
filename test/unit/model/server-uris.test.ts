// How servers of disks are written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIscsiUrl, parseNbdUri } from '../../../src/model/index.ts';

test('NBD servers are written as the NBD project writes them', () => {
  const tcp = (host: string, port: number, exportName: string) => ({
    kind: 'nbd',
    server: { host, port },
    exportName,
  });
  assert.deepEqual(parseNbdUri('nbd://10.0.0.5/data'), tcp('10.0.0.5', 10809, 'data'));
  assert.deepEqual(parseNbdUri('nbd://san:99/'), tcp('san', 99, ''));
  assert.deepEqual(parseNbdUri('nbd://[::1]:10810/a%20b'), tcp('::1', 10810, 'a b'));
  const unix = parseNbdUri('nbd+unix:///data?socket=/run/nbd.sock');
  assert.deepEqual(unix, { kind: 'nbd', server: { socket: '/run/nbd.sock' }, exportName: 'data' });
  for (const wrong of [
    'nbd:data',
    'http://x/',
    'nbd+unix:///x',
    'nbd+unix:///x?socket=run',
    '10.0.0.5',
    '',
    'nbd://h/%zz',
  ])
    assert.throws(() => parseNbdUri(wrong), { code: 'OPTION_INVALID' }, wrong);
});

test('iSCSI units are written as libiscsi writes them, without a password', () => {
  const unit = parseIscsiUrl('iscsi://10.0.0.6/iqn.2026-11.example:data/1');
  assert.deepEqual(unit, {
    kind: 'iscsi',
    host: '10.0.0.6',
    port: 3260,
    target: 'iqn.2026-11.example:data',
    lun: 1,
  });
  const wrong = [
    'iscsi://h/iqn.x',
    'iscsi://h/nonsense/1',
    'iscsi://h/iqn.x/1/2',
    'iscsi://u:p@h/iqn.x/1',
    'iscsi:///iqn.x/1',
  ];
  for (const text of wrong) assert.throws(() => parseIscsiUrl(text), { code: 'OPTION_INVALID' }, text);
});
