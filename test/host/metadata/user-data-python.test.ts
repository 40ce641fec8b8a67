// Composed user data, and what is refused as YAML, held to what guests read them with: Python's email package and PyYAML.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { composeUserData } from '../../../src/metadata/index.ts';
import { file, SAMPLES } from '../../unit/metadata/user-data/sample-files.ts';

/** As cloud-init and cloudbase-init do: the bytes as text, every part that is no container, its payload decoded. */
const READ_PARTS = `
import base64, email, json, sys
message = email.message_from_string(sys.stdin.buffer.read().decode("utf-8"))
print(json.dumps([
    [part.get_content_type(), part.get_filename(), base64.b64encode(part.get_payload(decode=True)).decode(), len(part.defects)]
    for part in message.walk() if part.get_content_maintype() != "multipart"
]))`;

const READ_YAML = `
import json, sys, yaml
def is_read(text):
    try:
        yaml.safe_load(text)
        return True
    except yaml.YAMLError:
        return False
print(json.dumps([is_read(text) for text in json.load(sys.stdin)]))`;

test('Python reads from a composed document the parts that were put in, to the byte', () => {
  const texts = [
    ...SAMPLES.map(([, , text]) => text),
    '#!/bin/sh\necho "grüß Gott 你好 🙂"\n',
    '#!/bin/sh\r\nls\r\n',
    '#!/bin/sh',
    '#!/bin/sh\n\n\n',
    '#!/bin/sh\nFrom here\n--\n.\n',
    `#!/bin/sh\n# ${'long '.repeat(400)}\n`,
    '#!/bin/sh\n# MIME-Version: 1.0\n',
  ];
  const files = texts.map((text, at) => file(`${at}`, text));
  const read = python(READ_PARTS, composeUserData(files, true).data.reveal());
  assert.ok(Array.isArray(read));
  const types = ['text/x-shellscript', ...SAMPLES.map(([, contentType]) => contentType)];
  assert.deepEqual(
    read,
    texts.map((text, at) => [
      at < SAMPLES.length ? types[at + 1] : types[0],
      `part-${String(at + 1).padStart(3, '0')}-${at}`,
      Buffer.from(text).toString('base64'),
      0,
    ]),
  );
});

test('what is refused as YAML is what PyYAML cannot read either', () => {
  const texts = [
    'runcmd: [a, b]\nssh_pwauth: yes\n',
    'write_files:\n- path: /a\n  content: |\n    #!/bin/sh\n      indented\n- {path: /b, content: !!binary aGVsbG8=}\n',
    'runcmd:\n- &a [ls, -l]\n- *a\n- "quoted: \\x41"\n',
    '<<: {locale: C}\ntimezone: Europe/Berlin\n',
    'runcmd:\n  - echo "a: b"\n',
    'runcmd:\n  - echo a: b\n  - c\n',
    'hostname: a: b\n',
    'runcmd: [a\n',
    'runcmd:\n\t- a\n',
    'runcmd: *nowhere\n',
    'runcmd: !Sub x\n',
    'hostname: "a\n',
    'hostname: "\\q"\n',
    'hostname: @a\n',
    'hostname: a\n---\nlocale: C\n',
    'hostname: a\n locale: C\n',
    'runcmd:\n- a\n  - b: c\n - d\n',
  ];
  const configs = texts.map((text) => `#cloud-config\n${text}`);
  assert.deepEqual(configs.map(isReadByUs), python(READ_YAML, JSON.stringify(configs)));
});

function isReadByUs(text: string): boolean {
  try {
    composeUserData([file('a', text)], true);
    return true;
  } catch (error) {
    if (isFault(error, 'USER_DATA_NOT_YAML')) return false;
    assert.ok(isFault(error, 'USER_DATA_INVALID', 'USER_DATA_KEY_UNKNOWN'), String(error));
    return true;
  }
}

function python(script: string, input: Uint8Array | string): unknown {
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', script], {
    input,
    timeout: 20_000,
  });
  assert.equal(status, 0, stderr.toString());
  return JSON.parse(stdout.toString());
}
