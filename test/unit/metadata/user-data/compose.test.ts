import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { isFault } from '../../../../src/base/index.ts';
import { composeUserData, type UserDataFile } from '../../../../src/metadata/index.ts';
import { composeParts } from '../../../../src/metadata/user-data/compose.ts';
import { parseMime } from '../../../../src/metadata/user-data/mime-entity.ts';
import { takeApart } from '../../../../src/metadata/user-data/take-apart.ts';
import { file, SAMPLES } from './sample-files.ts';

const CONFIG = file('/etc/web server.yaml', '#cloud-config\npackages: [nginx]\n');
const SCRIPT = file('b.sh', '#!/bin/sh\necho "grüß Gott"\n');

test('one file is passed as it is, whatever it is', () => {
  for (const [, , text] of SAMPLES.filter(([mark]) => mark !== '#part-handler')) {
    assert.equal(Buffer.from(composed(file('a', text))).toString(), text);
  }
  const packed = gzipSync('#cloud-config\nlocale: C\n');
  assert.deepEqual(Buffer.from(composed(file('a.gz', packed))), packed);
});

test('two files become this document', () => {
  const boundary = '==novalet-BOUNDARY==';
  const expected = `Content-Type: multipart/mixed; boundary="${boundary}"
MIME-Version: 1.0

--${boundary}
Content-Type: text/cloud-config; charset="utf-8"
MIME-Version: 1.0
Content-Transfer-Encoding: 7bit
Content-Disposition: attachment; filename="part-001-web-server.yaml"

#cloud-config
packages: [nginx]

--${boundary}
Content-Type: text/x-shellscript; charset="utf-8"
MIME-Version: 1.0
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="part-002-b.sh"

IyEvYmluL3NoCmVjaG8gImdyw7zDnyBHb3R0Igo=
--${boundary}--
`;
  const text = Buffer.from(composed(CONFIG, SCRIPT)).toString();
  assert.equal(text.replaceAll(/==novalet-[0-9a-f]{32}==/g, boundary), expected);
});

test('the same files give the same bytes, and others another boundary', () => {
  assert.deepEqual(composed(CONFIG, SCRIPT), composed(CONFIG, SCRIPT));
  const boundary = (...files: UserDataFile[]) =>
    /==novalet-[0-9a-f]+==/.exec(Buffer.from(composed(...files)).toString())?.[0];
  assert.notEqual(boundary(CONFIG, SCRIPT), boundary(SCRIPT, CONFIG));
});

test('a part that holds the boundary of its own document gets another one', () => {
  const [, boundary = ''] = /boundary="([^"]+)"/.exec(Buffer.from(composed(CONFIG, SCRIPT)).toString()) ?? [];
  const document = composed(CONFIG, file('c.sh', `#!/bin/sh\n--${boundary}--\n`));
  assert.equal(parseMime(document, 'x').length, 2);
});

test('gzip is unpacked where there are several', () => {
  const [, second] = parseMime(composed(CONFIG, file('b.sh.gz', gzipSync('#!/bin/sh\ntrue\n'))), 'x');
  assert.deepEqual([second?.contentType, second?.filename], ['text/x-shellscript', 'part-002-b.sh']);
  assert.equal(second?.content.toString(), '#!/bin/sh\ntrue\n');
});

test('a document that is given with others is taken apart, and its parts keep names and headers', () => {
  const document = `MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

for people
--outer
Content-Type: text/cloud-config
Merge-Type: list(append)+dict(recurse_array)+str()
Content-Disposition: attachment; filename="own.yaml"

#cloud-config
locale: C
--outer
Content-Type: multipart/mixed;
 boundary="in ner"

--in ner
Content-Type: text/plain
Content-Transfer-Encoding: quoted-printable

#!/bin/sh
echo =C3=A9=
 x
--in ner--
--outer--
`;
  const parts = parseMime(composed(CONFIG, file('given.mime', document)), 'x');
  assert.deepEqual(
    parts.map(({ contentType, filename }) => [contentType, filename]),
    [
      ['text/cloud-config', 'part-001-web-server.yaml'],
      ['text/cloud-config', 'own.yaml'],
      ['text/x-shellscript', 'part-003'],
    ],
  );
  assert.equal(parts[2]?.content.toString(), '#!/bin/sh\necho é x');
  const kept = parts[1]?.headers.find(([name]) => name === 'Merge-Type');
  assert.deepEqual(kept, ['Merge-Type', 'list(append)+dict(recurse_array)+str()']);
});

test('a part beyond ASCII that stands as it is in its document is encoded when it comes with others', () => {
  const document = 'MIME-Version: 1.0\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n# ü MIME-Version:\n';
  const text = Buffer.from(composed(CONFIG, file('a', document)));
  assert.ok(text.every((byte) => byte < 0x80));
  assert.equal(parseMime(text, 'x')[1]?.content.toString(), '#!/bin/sh\n# ü MIME-Version:\n');
});

test('quoted-printable is read as mail has it: no blanks at line ends, soft breaks, bytes above ASCII', () => {
  const head =
    'MIME-Version: 1.0\nContent-Type: text/x-shellscript\nContent-Transfer-Encoding: quoted-printable\n\n';
  const body = '#!/bin/sh \t\r\necho =3D =\r\n=C3=A0 \u00c3\u00a0\r\n';
  const [, part] = parseMime(composed(CONFIG, file('a', Buffer.from(head + body, 'latin1'))), 'x');
  assert.equal(part?.content.toString(), '#!/bin/sh\r\necho = à à\r\n');
});

test('a composed document that is composed again gives the parts anew, and no name stands twice', () => {
  const parts = parseMime(composed(SCRIPT, file('doc', composed(CONFIG, SCRIPT)), SCRIPT), 'x');
  const names = parts.map(({ filename }) => filename);
  assert.deepEqual(names, ['part-001-b.sh', 'web-server.yaml', 'b.sh', 'part-004-b.sh']);
});

test('a Windows script has an ending by which cloudbase-init runs it as what it says it is', () => {
  const names = (...files: UserDataFile[]) =>
    parseMime(composed(...files), 'x').map(({ filename }) => filename);
  assert.deepEqual(
    names(
      file('a.ps1', '#ps1\nx\n'),
      file('b.ps1', '#ps1_x86\nx\n'),
      file('c.cmd', '#ps1_sysnative\nx\n'),
      file('d', 'rem cmd\nx\n'),
      file('e.ps1', '<script>x</script>\n'),
    ),
    ['part-001-a.ps1', 'part-002-b.ps1.txt', 'part-003-c.cmd.ps1', 'part-004-d', 'part-005-e.ps1.txt'],
  );
});

test('whatever the parts hold, they are read back as they were', () => {
  const content = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }).map((text) => Buffer.from(text)),
    fc.stringMatching(/^#!\/bin\/sh\n[ -~\n\r\t-]{0,200}$/).map((text) => Buffer.from(text)),
  );
  const files = fc.array(fc.tuple(fc.string({ minLength: 1, maxLength: 20 }), content), {
    minLength: 2,
    maxLength: 6,
  });
  fc.assert(
    fc.property(files, (given) => {
      const parts = given.map(([name, bytes]) => ({
        source: name,
        firstLine: 1,
        contentType: 'text/x-shellscript',
        form: undefined,
        isFromMime: false,
        isRaw: false,
        filename: name,
        headers: [],
        content: Buffer.from(bytes),
      }));
      const leaves = parseMime(composeParts(parts), 'x');
      assert.deepEqual(
        leaves.map((leaf) => leaf.content),
        parts.map((part) => part.content),
      );
      assert.equal(new Set(leaves.map(({ filename }) => filename)).size, parts.length);
    }),
  );
});

test('no bytes break the reader of MIME in any other way than with its fault', () => {
  const line = fc.constantFrom(
    'Content-Type: multipart/mixed; boundary=b',
    'Content-Type: multipart/mixed',
    'Content-Transfer-Encoding: base64',
    'MIME-Version: 1.0',
    '',
    '--b',
    '--b--',
    ' folded',
    'dGV4dA==',
    '\u00ff',
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      try {
        takeApart(file('x', Buffer.from(lines.join('\n'), 'latin1')));
      } catch (error) {
        assert.ok(isFault(error, 'USER_DATA_MIME_INVALID'), String(error));
      }
    }),
  );
});

test('without validation what cannot be taken apart is passed on, and only the size is held', () => {
  const odd = [
    file('a', 'nobody knows this\n'),
    file('b', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from('damaged')])),
    file('c', 'MIME-Version: 1.0\nContent-Type: multipart/mixed\n\n'),
  ];
  const parts = parseMime(composeUserData(odd, false).data.reveal(), 'x');
  assert.deepEqual(
    parts.map(({ contentType }) => contentType),
    ['text/plain', 'application/gzip', 'text/plain'],
  );
  assert.deepEqual(parts[1]?.content, odd[1]?.bytes);
  const bomb = gzipSync(Buffer.alloc(20_000_000));
  assert.deepEqual(composeUserData([file('bomb', bomb)], false).data.reveal(), Uint8Array.from(bomb));
  assert.equal(gunzipSync(bomb).length, 20_000_000);
});

function composed(...files: readonly UserDataFile[]): Uint8Array {
  return composeUserData(files, true).data.reveal();
}
