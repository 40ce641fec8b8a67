import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Fault } from '../../../../src/base/index.ts';
import { composeUserData, type UserDataFile } from '../../../../src/metadata/index.ts';
import { file, SAMPLES, WINDOWS_MARKS } from './sample-files.ts';

const LINUX = { image: 'debian', isWindows: false };
const WINDOWS = { image: 'win', isWindows: true };
const MIME = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n';

type Row = readonly [what: string, text: string, code: string, line: number | undefined, words: RegExp];

const WRONG: readonly Row[] = [
  ['a misspelt form', '#cloud-cofnig\n', 'USER_DATA_FORM_UNKNOWN', 1, /Did you mean #cloud-config\?/],
  ['a blank too many', '\n# cloud-config\n', 'USER_DATA_FORM_UNKNOWN', 2, /Did you mean #cloud-config\?/],
  ['a sign too few', 'cloud-config\n', 'USER_DATA_FORM_UNKNOWN', 1, /Did you mean #cloud-config\?/],
  ['a form with more behind it', '#cloud-configs\n', 'USER_DATA_FORM_UNKNOWN', 1, /mean #cloud-config\?/],
  [
    'a template without its blank',
    '##template:jinja\n',
    'USER_DATA_FORM_UNKNOWN',
    1,
    /mean ## template: jinja\?/,
  ],
  ['a script without its sign', '/bin/sh\n', 'USER_DATA_FORM_UNKNOWN', 1, /Did you mean #!\?/],
  ['no form at all', 'packages: [nginx]\n', 'USER_DATA_FORM_UNKNOWN', 1, /Begin it with #cloud-config/],
  ['a byte order mark', '\ufeff#cloud-config\n', 'USER_DATA_FORM_UNKNOWN', 1, /without a byte order mark/],
  [
    'MIME without its version',
    'Content-Type: text/plain\n\n',
    'USER_DATA_FORM_UNKNOWN',
    1,
    /MIME-Version: 1.0/,
  ],
  [
    'a template of nothing',
    '## template: jinja\nhostname: a\n',
    'USER_DATA_FORM_UNKNOWN',
    2,
    /below ## template/,
  ],
  ['nothing', '', 'USER_DATA_INVALID', 1, /is empty/],
  ['YAML with a tab', '#cloud-config\na:\n\tb: c\n', 'USER_DATA_NOT_YAML', 3, /a tab indents this line/],
  ['an open bracket', '#cloud-config\nruncmd: [a\n', 'USER_DATA_NOT_YAML', 3, /a bracket is not closed/],
  ['a colon too many', '#cloud-config\n\nruncmd: a: b\n', 'USER_DATA_NOT_YAML', 3, /a colon too many/],
  ['a key twice', '#cloud-config\nruncmd: [a]\nruncmd: [b]\n', 'USER_DATA_NOT_YAML', 3, /stands twice/],
  ['two documents', '#cloud-config\na: 1\n---\nb: 1\n', 'USER_DATA_NOT_YAML', 3, /a second document/],
  ['an unknown tag', '#cloud-config\nruncmd: !Sub [a]\n', 'USER_DATA_NOT_YAML', 2, /a tag/],
  ['an alias of nothing', '#cloud-config\nruncmd: *a\n', 'USER_DATA_NOT_YAML', 2, /alias/],
  [
    'great depth',
    `#cloud-config\na: ${'['.repeat(30_000)}`,
    'USER_DATA_NOT_YAML',
    2,
    /nested too deep|bracket/,
  ],
  ['a list', '#cloud-config\n- packages\n', 'USER_DATA_INVALID', 2, /a cloud-config is a map/],
  ['a text', '#cloud-config\npackages nginx\n', 'USER_DATA_INVALID', 2, /with a blank behind the colon/],
  [
    'an unknown key',
    '#cloud-config\nlocale: C\npakages: [a]\n',
    'USER_DATA_KEY_UNKNOWN',
    3,
    /Did you mean packages\?/,
  ],
  ['a key near none', '#cloud-config\nentirely: 1\n', 'USER_DATA_KEY_UNKNOWN', 2, /under modules/],
  ['a key that is a list', '#cloud-config\n? [a]\n: b\n', 'USER_DATA_KEY_UNKNOWN', 2, /this key is no name/],
  [
    'a value for a list',
    '#cloud-config\npackages: nginx\n',
    'USER_DATA_INVALID',
    2,
    /Write packages: \[VALUE\]/,
  ],
  [
    'a list for a map',
    '#cloud-config\napt: [a]\n',
    'USER_DATA_INVALID',
    2,
    /apt is a list, and cloud-init wants a map/,
  ],
  ['an archive that is a map', '#cloud-config-archive\na: b\n', 'USER_DATA_INVALID', 2, /a list was to come/],
  ['an archive of numbers', '#cloud-config-archive\n- a\n- 1\n', 'USER_DATA_INVALID', 3, /type and content/],
  ['patches that are none', '#cloud-config-jsonp\n{}\n', 'USER_DATA_INVALID', 2, /a list was to come/],
  ['no address', '#include\nhttps://a/b\n# why\nnowhere\n', 'USER_DATA_INVALID', 4, /no address/],
  ['an interpreter without a path', '#!bash\n', 'USER_DATA_INVALID', 1, /#!\/bin\/sh/],
  ['an open tag', '<powershell>\nGet-Date\n', 'USER_DATA_INVALID', 1, /End it with <\/powershell>/],
  [
    'a word of mail and one beyond ASCII',
    '#!/bin/sh\n# MIME-Version: 1.0\necho für\n',
    'USER_DATA_MIME_INVALID',
    1,
    /would garble/,
  ],
  [
    'a part beyond ASCII as it is',
    `${MIME}--b\n\n#!/bin/sh\n# ü\n--b--\n`,
    'USER_DATA_MIME_INVALID',
    6,
    /would garble/,
  ],
  ['a multipart without an end', `${MIME}--b\n\nx\n`, 'USER_DATA_MIME_INVALID', 3, /the last boundary/],
  ['a multipart without parts', `${MIME}x\n`, 'USER_DATA_MIME_INVALID', 3, /is nowhere/],
  [
    'a multipart without boundary',
    'MIME-Version: 1\nContent-Type: multipart/mixed\n\n',
    'USER_DATA_MIME_INVALID',
    1,
    /no boundary/,
  ],
  [
    'headers that are none',
    `${MIME}--b\nhello\n\n--b--\n`,
    'USER_DATA_MIME_INVALID',
    5,
    /a header or an empty line/,
  ],
  [
    'base64 that is none',
    `${MIME}--b\nContent-Transfer-Encoding: base64\n\n?\n--b--\n`,
    'USER_DATA_MIME_INVALID',
    7,
    /base64/,
  ],
  [
    'an unknown encoding',
    `${MIME}--b\nContent-Transfer-Encoding: x-own\n\n?\n--b--\n`,
    'USER_DATA_MIME_INVALID',
    7,
    /nobody knows/,
  ],
  [
    'a misspelt type',
    `${MIME}--b\nContent-Type: text/cloud-confg\n\nx\n--b--\n`,
    'USER_DATA_FORM_UNKNOWN',
    7,
    /mean text\/cloud-config\?/,
  ],
  [
    'a wrong key in a part',
    `${MIME}--b\n\n#cloud-config\nhostnam: a\n--b--\n`,
    'USER_DATA_KEY_UNKNOWN',
    7,
    /mean hostname\?/,
  ],
];

for (const [what, text, code, line, words] of WRONG) {
  test(`${what} is refused with ${code}, file and line`, () => {
    const fault = refused(() => composeUserData([file('dir/given', text)], true));
    assert.equal(fault.code, code, fault.message);
    assert.deepEqual(
      [fault.kind, fault.details['file'], fault.details['line']],
      ['invalid', 'dir/given', line],
    );
    assert.match(`${fault.message} ${fault.hint}`, words);
    assert.ok(fault.hint !== undefined && fault.message.startsWith('dir/given'));
    assert.doesNotThrow(() => composeUserData([file('dir/given', text)], false));
  });
}

const RIGHT: readonly (readonly [what: string, text: string])[] = [
  ['a cloud-config of comments', '#cloud-config\n# nothing yet\n'],
  ['a key without a value', '#cloud-config\npackages:\n'],
  ['YAML 1.1 with a merge key', '#cloud-config\n<<: {locale: C}\nssh_pwauth: yes\n'],
  ['a word of mail', '#!/bin/sh\n# MIME-Version: 1.0\n'],
  [
    'a part beyond ASCII in base64',
    `${MIME}--b\nContent-Transfer-Encoding: base64\n\nIyEvYmluL3NoCiMgw7wK\n--b--\n`,
  ],
  ['an alias', '#cloud-config\nruncmd: &a [x]\nbootcmd: *a\n'],
  ['a template that makes its form', '## template: jinja\n{% if v1.region %}\n#cloud-config\n{% endif %}\n'],
  ['an address in the first line', '#include https://example.com/a\n'],
  ['a part that says only what it is', `${MIME}--b\nContent-Type: text/cloud-config\n\nlocale: C\n--b--\n`],
  [
    'a script of its own frequency',
    `${MIME}--b\nContent-Type: text/x-shellscript-per-boot\n\n#!/bin/sh\n--b--\n`,
  ],
  [
    'a type that a part handler brings',
    `${MIME}--b\n\n#part-handler\n--b\nContent-Type: text/x-own\n\nx\n--b--\n`,
  ],
];

for (const [what, text] of RIGHT) {
  test(`${what} is let through`, () => {
    assert.equal(composeUserData([file('a', text)], true).data.sizeBytes, Buffer.byteLength(text));
  });
}

test('aliases that would expand to billions are not expanded', () => {
  const lines = Array.from(
    { length: 30 },
    (_, at) => `k${at}: &a${at} [${at === 0 ? 'x' : `*a${at - 1}, *a${at - 1}`}]`,
  );
  const fault = refused(() => composeUserData([file('a', `#cloud-config\n${lines.join('\n')}\n`)], true));
  assert.equal(fault.code, 'USER_DATA_KEY_UNKNOWN');
  assert.equal(fault.details['problems'], 30);
  assert.match(fault.message, /and more is wrong: a, line 3, .* and 24 more/);
});

test('what is packed is looked at, within a bound', () => {
  const packed = (text: string | Uint8Array) =>
    refused(() => composeUserData([file('a.gz', gzipSync(text))], true));
  assert.equal(packed('#cloud-config\npakages: 1\n').details['file'], 'a.gz (unpacked)');
  const bomb = packed(Buffer.alloc(50_000_000));
  assert.equal(bomb.code, 'USER_DATA_GZIP_INVALID');
  assert.match(bomb.message, /unpacks to more than 512 KiB/);
  const cut = refused(() => composeUserData([file('a.gz', gzipSync('#!/bin/sh').subarray(0, 15))], true));
  assert.deepEqual([cut.code, /damaged/.test(cut.message)], ['USER_DATA_GZIP_INVALID', true]);
});

test('nothing of what was given is repeated', () => {
  for (const text of [
    'hunter2\n',
    '#hunter2\n',
    '#cloud-config\npassword: "hunter2\n',
    '#cloud-config\n- hunter2\n',
    '#include hunter2\n',
  ]) {
    const fault = refused(() => composeUserData([file('a', text)], true));
    assert.doesNotMatch(`${fault.message} ${fault.hint} ${JSON.stringify(fault.details)}`, /hunter2/);
  }
});

test('a size over the limit is told with the file that is too large, or with all of them', () => {
  const one = refused(() => composeUserData([file('big', Buffer.alloc(65_536, 'x'))], false));
  assert.deepEqual(
    [one.code, one.details['file'], one.details['bytes']],
    ['USER_DATA_TOO_LARGE', 'big', 65_536],
  );
  const half = (name: string, size: number) => file(name, `#!/bin/sh\n${'#'.repeat(size)}`);
  const both = refused(() => composeUserData([half('a', 30_000), half('b', 40_000)], true));
  assert.equal(both.code, 'USER_DATA_TOO_LARGE');
  assert.match(both.message, /\(a 30010, b 40010\)/);
  assert.equal(both.details['file'], 'b');
  assert.equal(composeUserData([half('a', 65_525)], true).data.sizeBytes, 65_535);
});

test('Windows takes what cloudbase-init knows, and other images what cloud-init knows', () => {
  const alone = new Set(['#cloud-config', '#!', '## template: jinja', ...WINDOWS_MARKS]);
  const asPart = new Set(['#cloud-config', '#!', '#part-handler', ...WINDOWS_MARKS]);
  const other = file('b', '#!/bin/sh\n');
  for (const [mark, , text] of SAMPLES) {
    const given = file('a', text);
    assert.equal(isTaken([given], WINDOWS), alone.has(mark), mark);
    assert.equal(isTaken([given, other], WINDOWS), asPart.has(mark), mark);
    assert.equal(isTaken([given], LINUX), !WINDOWS_MARKS.includes(mark), mark);
    assert.equal(isTaken([given, other], LINUX), !WINDOWS_MARKS.includes(mark), mark);
  }
});

test('what cloudbase-init would pass over for a blank line is said, and nothing without validation', () => {
  const given = [file('a', '\n#ps1\nGet-Date\n')];
  const fault = refused(() => composeUserData(given, true).checkFor(WINDOWS));
  assert.deepEqual(
    [fault.code, /at the very beginning/.test(fault.message)],
    ['USER_DATA_WRONG_SYSTEM', true],
  );
  assert.doesNotThrow(() => composeUserData(given, false).checkFor(WINDOWS));
  assert.doesNotThrow(() => composeUserData(given, false).checkFor(LINUX));
});

function isTaken(files: readonly UserDataFile[], system: { image: string; isWindows: boolean }): boolean {
  const { checkFor } = composeUserData(files, true);
  try {
    checkFor(system);
    return true;
  } catch (error) {
    assert.ok(error instanceof Fault && error.code === 'USER_DATA_WRONG_SYSTEM');
    return false;
  }
}

function refused(act: () => unknown): Fault {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof Fault, String(error));
    return error;
  }
  assert.fail('it was let through');
}
