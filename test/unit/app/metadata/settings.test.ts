import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeSettings } from '../../../../src/app/configuration-file.ts';
import { readProxySecret } from '../../../../src/app/metadata/proxy-secret.ts';

const decode = (text: string) => decodeSettings(text, 'novalet.yaml').metadata;

test('the door to guests and the one to the proxy are read, and have defaults', () => {
  assert.deepEqual(decode('{}'), { port: 8775, ipv6: true, proxy: null });
  assert.deepEqual(decode('metadata: { port: 9000, ipv6: false }'), { port: 9000, ipv6: false, proxy: null });
  assert.deepEqual(decode('metadata: { proxy: { shared_secret_file: /etc/s } }')?.proxy, {
    host: '127.0.0.1',
    port: 8775,
    secretFile: '/etc/s',
    project: 'novalet',
  });
});

test('what cannot be listened on, and a secret that is nowhere, are refused by name', () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['metadata: { port: 0 }', /metadata\.port/],
    ['metadata: { proxy: {} }', /metadata\.proxy\.shared_secret_file/],
    ['metadata: { proxy: { shared_secret_file: s } }', /is not an absolute path/],
    ['metadata: { proxy: { shared_secret_file: /s, host: 0.0.0.0 } }', /metadata\.proxy\.port/],
    ['metadata: { door: 1 }', /door/],
  ];
  for (const [text, message] of wrong) assert.throws(() => decode(text), { code: 'CONFIG_INVALID', message });
});

test('the secret is the whole file but the end of its line, and only where nobody else may read it', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'nvt-secret-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string, mode: number) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode });
    return path;
  };
  assert.equal(readProxySecret(file('good', 'a b\n', 0o600)).reveal(), 'a b');
  const fault = (message: RegExp) => ({ code: 'METADATA_SECRET_UNUSABLE', message });
  assert.throws(() => readProxySecret(file('wide', 's', 0o640)), fault(/others may read it/));
  assert.throws(() => readProxySecret(file('empty', '\n', 0o600)), fault(/it is empty/));
  assert.throws(() => readProxySecret(join(folder, 'absent')), fault(/it is not there/));
});
