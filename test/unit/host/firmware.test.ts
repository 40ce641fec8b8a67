import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseFirmware, parseDescriptor } from '../../../src/host/firmware.ts';

function descriptor(name: string, features: readonly string[], change: object = {}): string {
  return JSON.stringify({
    'interface-types': ['uefi'],
    mapping: {
      device: 'flash',
      executable: { filename: `/fw/${name}.code.fd`, format: 'raw' },
      'nvram-template': { filename: `/fw/${name}.vars.fd`, format: 'raw' },
    },
    targets: [{ architecture: 'x86_64', machines: ['pc-q35-*'] }],
    features,
    ...change,
  });
}

const ENROLLED = descriptor('ms', ['secure-boot', 'enrolled-keys', 'requires-smm']);
const EMPTY_KEYS = descriptor('secboot', ['secure-boot', 'requires-smm']);
const PLAIN = descriptor('plain', ['acpi-s3']);

function choose(texts: readonly string[], arch = 'x86_64') {
  return chooseFirmware(
    texts.flatMap((text) => parseDescriptor(text) ?? []),
    arch,
  );
}

test('plain firmware enforces nothing, secure firmware has its keys enrolled', () => {
  assert.deepEqual(choose([ENROLLED, EMPTY_KEYS, PLAIN]), {
    plain: { loader: '/fw/plain.code.fd', nvramTemplate: '/fw/plain.vars.fd' },
    secure: { loader: '/fw/ms.code.fd', nvramTemplate: '/fw/ms.vars.fd' },
  });
  assert.deepEqual(choose([EMPTY_KEYS]), { plain: null, secure: null });
  assert.deepEqual(choose([PLAIN], 'aarch64'), { plain: null, secure: null });
});

test('what is no UEFI in two raw flash images is left out', () => {
  for (const text of [
    '',
    'no JSON',
    'null',
    '[]',
    descriptor('bios', [], { 'interface-types': ['bios'] }),
    descriptor('memory', [], { mapping: { device: 'memory', filename: '/fw/x.fd' } }),
    PLAIN.replaceAll('"raw"', '"qcow2"'),
    PLAIN.replace('"device":"flash"', '"device":"flash","mode":"stateless"'),
  ]) {
    assert.equal(parseDescriptor(text), undefined, text);
  }
});
