import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parse } from 'yaml';
import { Secret } from '../../../../src/base/index.ts';
import { composeUserData, type GuestWishes, guestConfig } from '../../../../src/metadata/index.ts';
import { parsePublicKey } from '../../../../src/model/index.ts';
import { oddText } from './odd-text.ts';

const DEBIAN = { image: 'debian', isWindows: false };
const WINDOWS = { image: 'win', isWindows: true };
const PUBLIC_KEY = `ssh-ed25519 ${Buffer.concat([
  Buffer.from([0, 0, 0, 11]),
  Buffer.from('ssh-ed25519'),
  Buffer.from([0, 0, 0, 32]),
  Buffer.alloc(32, 7),
]).toString('base64')}`;
const KEYS = [parsePublicKey('laptop', `${PUBLIC_KEY} me@laptop`)];
const HASH = new Secret(`$6$salt$${'a'.repeat(86)}`);

/** What is written where the user gives no user data, and what a reader of YAML 1.1 makes of it. */
function written(wishes: GuestWishes, account = {}, guest: typeof DEBIAN & { distro?: string } = DEBIAN) {
  const config = guestConfig(wishes, { keys: [], ...account }, guest);
  assert.ok(config !== undefined);
  const [file, ...others] = config.files(false);
  assert.ok(file !== undefined);
  assert.deepEqual(others, []);
  const text = Buffer.from(file.bytes).toString();
  const read: unknown = parse(text, { version: '1.1' });
  return { text, read, shown: config.shown, file };
}

test('who wishes for nothing gets nothing, and a host name is no cloud-config', () => {
  assert.equal(guestConfig({}, { keys: KEYS, passwordHash: HASH }, DEBIAN), undefined);
  assert.equal(guestConfig({ hostname: 'web1' }, { keys: [] }, DEBIAN), undefined);
  assert.equal(guestConfig({ packages: [], run: [], writeFiles: [] }, { keys: [] }, DEBIAN), undefined);
});

test('every wish writes its own lines', () => {
  const { text } = written(
    {
      user: 'bob',
      timezone: 'Europe/Berlin',
      locale: 'de_DE.UTF-8',
      packages: ['nginx', '/root/own.deb', 'libc6:i386=2.36-9'],
      run: ['systemctl enable nginx', "echo 'a: b' # c"],
      writeFiles: [
        { path: '/etc/motd', content: Buffer.from('Hello\n\n  there\n') },
        { path: '/srv/key', content: Buffer.from([0, 255]), permissions: '600', owner: 'bob:bob' },
      ],
      growRoot: true,
    },
    { keys: KEYS, passwordHash: HASH },
  );
  assert.equal(
    text,
    `#cloud-config
users:
  - default
  - name: bob
    sudo: "ALL=(ALL) NOPASSWD:ALL"
    shell: /bin/bash
    lock_passwd: false
    hashed_passwd: "${HASH.reveal()}"
    ssh_authorized_keys:
      - "${PUBLIC_KEY} me@laptop"
timezone: Europe/Berlin
locale: de_DE.UTF-8
growpart:
  mode: auto
  devices:
    - /
resize_rootfs: true
write_files:
  - path: /etc/motd
    content: |
      Hello

        there
  - path: /srv/key
    permissions: "0600"
    owner: "bob:bob"
    defer: true
    encoding: b64
    content: "AP8="
packages:
  - nginx
  - /root/own.deb
  - "libc6:i386=2.36-9"
runcmd:
  - - sh
    - "-c"
    - systemctl enable nginx
  - - sh
    - "-c"
    - "echo 'a: b' # c"
`,
  );
});

test('a user without a password is locked for passwords, and an image without bash keeps its shell', () => {
  const { read } = written({ user: 'bob' }, {}, { ...DEBIAN, distro: 'alpine' });
  assert.deepEqual(read, {
    users: ['default', { name: 'bob', sudo: 'ALL=(ALL) NOPASSWD:ALL', lock_passwd: true }],
  });
});

test('no growth is said as cloud-init wants to hear it, a word and not a falsehood', () => {
  assert.deepEqual(written({ growRoot: false }).read, { growpart: { mode: 'off' }, resize_rootfs: false });
});

test('a file waits for its owner, and one in a home for the home; root’s do not wait', () => {
  const deferred = (path: string, owner?: string) => {
    const file = { path, content: Buffer.alloc(0), ...(owner === undefined ? {} : { owner }) };
    return entry(written({ writeFiles: [file] }).read)['defer'];
  };
  assert.deepEqual(
    [deferred('/etc/a'), deferred('/etc/a', 'root'), deferred('/etc/a', 'root:root')],
    [undefined, undefined, undefined],
  );
  assert.deepEqual(
    [deferred('/etc/a', 'bob'), deferred('/etc/a', 'root:www-data'), deferred('/home/alice/.profile')],
    [true, true, true],
  );
});

test('what people see masks hashes and contents', () => {
  const { shown } = written(
    { user: 'bob', writeFiles: [{ path: '/etc/token', content: Buffer.from('hush') }] },
    { passwordHash: HASH },
  );
  assert.ok(!shown.includes('hush') && !shown.includes('$6$'), shown);
  assert.match(shown, /hashed_passwd: "\[secret\]"/);
  assert.match(shown, /path: \/etc\/token\n {4}content: "\[secret\]"/);
});

test('a large file is packed, and comes out as it was', () => {
  const content = Buffer.from('a line\n'.repeat(20_000));
  const { read } = written({ writeFiles: [{ path: '/a', content }] });
  assert.deepEqual(Object.keys(entry(read)), ['path', 'encoding', 'content']);
  assert.equal(entry(read)['encoding'], 'gz+b64');
  assert.deepEqual(gunzipSync(Buffer.from(String(entry(read)['content']), 'base64')), content);
});

test('with user data of the user it is two parts, each of which says how it is merged in', () => {
  const config = guestConfig({ user: 'bob', timezone: 'UTC' }, { keys: [] }, DEBIAN);
  const parts = (config?.files(true) ?? []).map(({ bytes }) => parse(Buffer.from(bytes).toString()));
  assert.deepEqual(
    parts.map(({ merge_how, ...rest }) => [merge_how, Object.keys(rest)]),
    [
      ['list(prepend)+dict(no_replace,recurse_list)', ['timezone']],
      ['list(append)+dict(no_replace,recurse_list)', ['users']],
    ],
  );
});

test('for Windows it writes what cloudbase-init takes: an administrator, plain commands, no list of defaults', () => {
  const { read } = written(
    {
      user: 'bob',
      timezone: 'Europe/Berlin',
      run: ['dir C:\\', 'echo "a"'],
      writeFiles: [{ path: 'C:\\notes.txt', content: Buffer.from('hello\r\n') }],
    },
    { keys: KEYS },
    WINDOWS,
  );
  assert.deepEqual(read, {
    users: [{ name: 'bob', groups: ['Administrators'], ssh_authorized_keys: [`${PUBLIC_KEY} me@laptop`] }],
    timezone: 'Europe/Berlin',
    write_files: [{ path: 'C:\\notes.txt', encoding: 'b64', content: 'aGVsbG8NCg==' }],
    runcmd: ['dir C:\\', 'echo "a"'],
  });
});

test('no text breaks out of its place, none becomes a number or a truth, and our own check passes them all', () => {
  const text = oddText();
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), text, (run, content) => {
      const {
        text: whole,
        read,
        file,
      } = written({
        run,
        writeFiles: [{ path: '/a', content: Buffer.from(content) }],
      });
      assert.match(whole, /^#cloud-config\n[\t\n\x20-\x7e]*$/);
      assert.doesNotMatch(whole, /mime-version:/i);
      assert.deepEqual(Object.keys(Object(read)), ['write_files', 'runcmd']);
      assert.deepEqual(
        Object(read).runcmd,
        run.map((command) => ['sh', '-c', command]),
      );
      assert.deepEqual(contentOf(entry(read)), Buffer.from(content));
      assert.deepEqual(Buffer.from(composeUserData([file], true).data.reveal()), file.bytes);
    }),
    { examples: [[['E0', 'e-5', 'E12'], 'x']] },
  );
});

function entry(read: unknown): Record<string, unknown> {
  return Object(read).write_files[0];
}

function contentOf({ encoding, content }: Record<string, unknown>): Buffer {
  if (encoding === undefined) return Buffer.from(String(content));
  const bytes = Buffer.from(String(content), 'base64');
  return encoding === 'gz+b64' ? gunzipSync(bytes) : bytes;
}
