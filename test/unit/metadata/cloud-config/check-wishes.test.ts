import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Fault, Secret } from '../../../../src/base/index.ts';
import { type GuestWishes, guestConfig } from '../../../../src/metadata/index.ts';

const DEBIAN = { image: 'debian', isWindows: false };
const WINDOWS = { image: 'win', isWindows: true };
const FILE = { path: '/a', content: Buffer.from('a') };

const WRONG: readonly (readonly [wishes: GuestWishes, words: RegExp, hint: RegExp])[] = [
  [{ user: 'root' }, /root is no name for a further user/, /disable_root: false/],
  [{ user: 'default' }, /default is no name/, /user of the image/],
  [{ user: '1bob' }, /"1bob" is a name that guests do not take/, /the first a letter/],
  [{ user: 'bob,eve' }, /guests do not take/, /letters, digits/],
  [{ user: 'b'.repeat(33) }, /guests do not take/, /32 letters/],
  [{ hostname: '' }, /"" is no host name/, /web1\.example\.com/],
  [{ hostname: 'web_1' }, /"web_1" is no host name/, /letters, digits/],
  [{ hostname: '-web' }, /no host name/, /letters/],
  [{ hostname: 'web..example' }, /no host name/, /between dots/],
  [{ hostname: '10.0.0.1' }, /"10\.0\.0\.1" is no host name/, /web1/],
  [{ hostname: `${'a'.repeat(64)}.example` }, /no host name/, /63/],
  [{ timezone: 'Europe/Berln' }, /"Europe\/Berln" is no time zone/, /Did you mean Europe\/Berlin\?/],
  [{ timezone: 'europe/berlin' }, /is no time zone/, /Did you mean Europe\/Berlin\?/],
  [{ timezone: '+01:00' }, /is no time zone/, /zoneinfo/],
  [{ timezone: '../../etc/shadow' }, /is no time zone/, /zoneinfo/],
  [{ locale: 'de-DE' }, /"de-DE" is no locale/, /de_DE\.UTF-8/],
  [{ locale: 'de_DE.UTF-8\nroot' }, /is no locale/, /locale -a/],
  [{ packages: ['nginx', '--allow-unauthenticated'] }, /is no package's name/, /One name for each/],
  [{ packages: ['nginx git'] }, /"nginx git" is no package's name/, /One name for each/],
  [{ run: [' '] }, /empty/, /--run "/],
  [{ run: ['a\0b'] }, /no shell takes/, /--run "/],
  [{ run: ['\ud800'] }, /no shell takes/, /--run "/],
  [{ writeFiles: [{ ...FILE, path: 'etc/motd' }] }, /"etc\/motd" is no absolute path/, /\/etc\/motd/],
  [{ writeFiles: [{ ...FILE, path: '/etc/' }] }, /no absolute path of a file/, /name of the file/],
  [{ writeFiles: [{ ...FILE, path: '/a\nb' }] }, /"\/a\\nb" is no absolute path/, /root/],
  [{ writeFiles: [FILE, FILE] }, /"\/a" is to be written twice/, /Leave one/],
  [{ writeFiles: [{ ...FILE, permissions: '0999' }] }, /"0999" is no mode for "\/a"/, /octal/],
  [{ writeFiles: [{ ...FILE, owner: '0:0' }] }, /"0:0" cannot own "\/a"/, /USER:GROUP/],
];

test('what no guest could carry out is refused, with the input and its cure', () => {
  for (const [wishes, words, hint] of WRONG) {
    const [input] = Object.keys(wishes);
    assert.throws(
      () => guestConfig(wishes, { keys: [] }, DEBIAN),
      (error) => {
        assert.ok(error instanceof Fault, String(error));
        assert.equal(error.code, 'GUEST_WISH_INVALID');
        assert.equal(error.details['input'], input);
        assert.match(error.message, words);
        assert.match(String(error.hint), hint);
        return true;
      },
    );
  }
});

test('a name that breaks out of its line is no name of a user at all', () => {
  assert.throws(() => guestConfig({ user: 'a:b' }, { keys: [] }, DEBIAN), { code: 'PASSWORD_USER_INVALID' });
});

test('what guests take is let through', () => {
  const right: readonly GuestWishes[] = [
    ...['UTC', 'Etc/GMT+3', 'America/Argentina/Buenos_Aires', 'US/Eastern', 'Asia/Kolkata', 'EST5EDT'].map(
      (timezone) => ({ timezone }),
    ),
    ...['C', 'C.UTF-8', 'POSIX', 'de_DE', 'de_DE.UTF-8', 'sr_RS.UTF-8@latin', 'eo.UTF-8'].map((locale) => ({
      locale,
    })),
    { packages: ['g++', 'python3.11', 'libc6:i386', 'nginx=1.22.1-9', '@development-tools', '/root/a.deb'] },
    { user: '_svc-1.a', hostname: 'Web1.example.com' },
    { writeFiles: [{ ...FILE, permissions: '4755', owner: 'bob:www-data' }] },
  ];
  for (const wishes of right) assert.ok(guestConfig(wishes, { keys: [] }, DEBIAN) !== undefined);
});

test('what cloudbase-init would pass over is refused for Windows, and a path of Windows elsewhere', () => {
  const passwordHash = new Secret('$6$a$b');
  const refused: readonly (readonly [GuestWishes, typeof DEBIAN, RegExp])[] = [
    [
      { user: 'bob' },
      WINDOWS,
      /win is Windows: cloudbase-init takes a further user's password only in clear/,
    ],
    [{ locale: 'C' }, WINDOWS, /sets no locale/],
    [{ packages: ['git'] }, WINDOWS, /installs no packages/],
    [{ growRoot: false }, WINDOWS, /extends its volumes/],
    [{ writeFiles: [FILE] }, WINDOWS, /a path that is none there/],
    [{ writeFiles: [{ ...FILE, path: 'C:\\a', owner: 'bob' }] }, WINDOWS, /no owner and mode/],
    [{ writeFiles: [{ ...FILE, path: 'C:\\a' }] }, DEBIAN, /debian is not marked as Windows/],
  ];
  for (const [wishes, guest, message] of refused) {
    assert.throws(() => guestConfig(wishes, { keys: [], passwordHash }, guest), {
      code: 'GUEST_WISH_UNSUPPORTED',
      kind: 'unsupported',
      message,
    });
  }
});

test('what does not fit into user data names the largest file', () => {
  const digests = Array.from({ length: 1000 }, (_unused, at) =>
    createHash('sha512').update(`${at}`).digest(),
  );
  const noise = Buffer.concat(digests);
  const writeFiles = [FILE, { path: '/srv/large', content: noise }];
  assert.throws(() => guestConfig({ writeFiles }, { keys: [] }, DEBIAN), {
    code: 'USER_DATA_TOO_LARGE',
    message: /the largest file is \/srv\/large with 64000/,
  });
  const huge = [{ path: '/srv/huge', content: Buffer.alloc(16 * 1024 * 1024 + 1) }];
  assert.throws(() => guestConfig({ writeFiles: huge }, { keys: [] }, DEBIAN), {
    code: 'USER_DATA_TOO_LARGE',
    message: /\/srv\/huge/,
  });
});
