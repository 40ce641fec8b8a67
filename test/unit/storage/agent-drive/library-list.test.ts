import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { readLibraryList } from '../../../../src/storage/agent-drive/host-agent.ts';

const LOADER = '/lib64/ld-linux-x86-64.so.2';

function read(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(readLibraryList('/usr/sbin/qemu-ga', LOADER, text));
}

test('libraries are taken by the name under which they are asked for; the loader and the kernel give themselves', () => {
  const text = `\tlinux-vdso.so.1 (0x00007f1eb2927000)
\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f1eb25bb000)
\tlibglib-2.0.so.0 => /opt/glib/libglib-2.0.so.0 (0x00007f1eb26a3000)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f1eb2929000)
\t/lib64/ld-linux-x86-64.so.2 => /usr/lib64/ld-linux-x86-64.so.2 (0x00007f1eb2929000)
\tld-linux-x86-64.so.2 => /lib64/ld-linux-x86-64.so.2 (0x00007f1eb2929000)
`;
  assert.deepEqual(read(text), {
    'libm.so.6': '/lib/x86_64-linux-gnu/libm.so.6',
    'libglib-2.0.so.0': '/opt/glib/libglib-2.0.so.0',
  });
});

test('a library that is not found, or a line that nobody knows, is a fault that says so', () => {
  for (const line of ['\tlibnuma.so.1 => not found', 'Segmentation fault']) {
    assert.throws(
      () => read(`${line}\n`),
      (error) => isFault(error, 'HOST_AGENT_UNUSABLE') && error.message.includes(line.trim()),
    );
  }
});

test('more libraries than any agent has are refused', () => {
  const many = Array.from({ length: 65 }, (_, at) => `\tl${at}.so => /lib/l${at}.so (0x1)`).join('\n');
  assert.throws(
    () => read(many),
    (error) => isFault(error, 'HOST_AGENT_UNUSABLE'),
  );
});
