// User data and vendor data as cloud-init takes them apart and merges them, and its schema about every config of ours.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Secret } from '../../../src/base/index.ts';
import {
  composeUserData,
  type GuestWishes,
  guestConfig,
  noCloudDocuments,
  parsePublicKey,
  type UserDataFile,
  vendorDocument,
} from '../../../src/metadata/index.ts';
import { ED25519_KEY, plainInput } from '../../unit/metadata/sample.ts';
import { file, SAMPLES, WINDOWS_MARKS } from '../../unit/metadata/user-data/sample-files.ts';
import { withScratch } from '../storage/scratch.ts';
import { readByCloudInit, withoutCloudInit, writeTree } from './cloud-init.ts';

const skip = withoutCloudInit;
const DEBIAN = { image: 'debian', isWindows: false };
const HASH = new Secret(`$6$saltsaltsaltsalt$${'a'.repeat(86)}`);
const ACCOUNT = { keys: [parsePublicKey('laptop', ED25519_KEY)], passwordHash: HASH };
const WISHES: GuestWishes = {
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
};
/** What cloud-init fetches, and what it unpacks by itself, do not come out as they went in. */
const CHANGED = ['#include', '#include-once', '#cloud-config-archive'];
const KEPT = SAMPLES.filter(([mark]) => !CHANGED.includes(mark));

function ownFiles(wishes: GuestWishes, hasOthers: boolean): readonly UserDataFile[] {
  return guestConfig(wishes, ACCOUNT, DEBIAN)?.files(hasOthers) ?? [];
}

function composed(...files: readonly UserDataFile[]): string {
  return Buffer.from(composeUserData(files, true).data.reveal()).toString('base64');
}

function textOf({ bytes }: UserDataFile): string {
  return Buffer.from(bytes).toString();
}

test('cloud-init finds every form among several, with its type, its name and its bytes', {
  skip,
}, async () => {
  await withScratch(async (scratch) => {
    const files = KEPT.map(([, , text], at) => file(`${at}`, text));
    const [parts] = await readByCloudInit({ do: 'user-data', bytes: composed(...files), scratch });
    const expected = KEPT.map(([, type, content], at) => {
      return { type, name: `part-${String(at + 1).padStart(3, '0')}-${at}`, content };
    });
    assert.deepEqual(parts, expected);
  });
});

test('cloud-init knows every form by itself, but for those of Windows and the one that it has forgotten', {
  skip,
}, async () => {
  await withScratch(async (scratch) => {
    const unknown = [...WINDOWS_MARKS, '#upstart-job'];
    const alone = KEPT.filter(([mark]) => !unknown.includes(mark));
    const jobs = alone.map(([, , text]) => ({
      do: 'user-data',
      bytes: composed(file('one', text)),
      scratch,
    }));
    const results = await readByCloudInit(...jobs);
    assert.deepEqual(
      results,
      alone.map(([, type, content]) => [{ type, name: 'part-001', content }]),
    );
  });
});

test('cloud-init fetches what is included, and takes an archive apart', { skip }, async () => {
  await withScratch(async (scratch) => {
    const script = '#!/bin/sh\necho included\n';
    const included = join(scratch, 'included.sh');
    await writeFile(included, script);
    const include = `#include\n${pathToFileURL(included).href}\n`;
    const archive =
      '#cloud-config-archive\n- {type: text/x-shellscript, content: "#!/bin/sh\\ntrue\\n"}\n- {content: "timezone: UTC\\n"}\n';
    const bytes = Buffer.from(composeUserData([file('a', include), file('b', archive)], false).data.reveal());
    const [parts] = await readByCloudInit({ do: 'user-data', bytes: bytes.toString('base64'), scratch });
    assert.partialDeepStrictEqual(parts, [
      { type: 'text/x-shellscript', content: script },
      { type: 'text/x-shellscript', content: '#!/bin/sh\ntrue\n' },
      { type: 'text/cloud-config', content: 'timezone: UTC\n' },
    ]);
  });
});

test('of two cloud-configs the later one’s value holds, unless it says how it is to be merged', {
  skip,
}, async () => {
  await withScratch(async (scratch) => {
    const first = file('a', '#cloud-config\ntimezone: UTC\nlocale: C.UTF-8\nruncmd: [a]\n');
    const second = '#cloud-config\ntimezone: Europe/Berlin\nruncmd: [b]\n';
    const merging = `${second}merge_how: "list(append)+dict(no_replace,recurse_list)"\n`;
    const jobs = [second, merging].map((text) => {
      return { do: 'cloud-config', bytes: composed(first, file('b', text)), scratch };
    });
    const [replaced, merged] = await readByCloudInit(...jobs);
    assert.partialDeepStrictEqual(replaced, { timezone: 'Europe/Berlin', locale: 'C.UTF-8', runcmd: ['b'] });
    assert.partialDeepStrictEqual(merged, { timezone: 'UTC', locale: 'C.UTF-8', runcmd: ['a', 'b'] });
  });
});

test('wishes come in under the user’s own cloud-config: its values hold, and lists are joined', {
  skip,
}, async () => {
  await withScratch(async (scratch) => {
    const own = [
      '#cloud-config',
      'timezone: UTC',
      'packages: [vim]',
      'runcmd: [[echo, mine]]',
      'write_files: [{path: /etc/motd, content: mine}]',
      'users: [{name: eve}]',
      'growpart: {mode: "off"}',
      '',
    ].join('\n');
    const bytes = composed(file('mine.yaml', own), ...ownFiles(WISHES, true));
    const [merged] = await readByCloudInit({ do: 'cloud-config', bytes, scratch });
    const bob = {
      name: 'bob',
      sudo: 'ALL=(ALL) NOPASSWD:ALL',
      shell: '/bin/bash',
      lock_passwd: false,
      hashed_passwd: HASH.reveal(),
      ssh_authorized_keys: [ED25519_KEY],
    };
    assert.deepEqual(merged, {
      timezone: 'UTC',
      locale: 'de_DE.UTF-8',
      packages: ['nginx', '/root/own.deb', 'libc6:i386=2.36-9', 'vim'],
      runcmd: [
        ['sh', '-c', 'systemctl enable nginx'],
        ['sh', '-c', "echo 'a: b' # c"],
        ['echo', 'mine'],
      ],
      write_files: [
        { path: '/etc/motd', content: 'Hello\n\n  there\n' },
        {
          path: '/srv/key',
          permissions: '0600',
          owner: 'bob:bob',
          defer: true,
          encoding: 'b64',
          content: 'AP8=',
        },
        { path: '/etc/motd', content: 'mine' },
      ],
      users: [{ name: 'eve' }, 'default', bob],
      growpart: { mode: 'off', devices: ['/'] },
      resize_rootfs: true,
    });
  });
});

test('cloud-init takes the vendor data apart: the hash of a password, and what makes sure of the agent', {
  skip,
}, async () => {
  await withScratch(async (scratch) => {
    const config = {
      chpasswd: { expire: false, users: [{ name: 'root', type: 'hash', password: HASH.reveal() }] },
    };
    const vendor = vendorDocument(config, { from: 'packages-then-drive', keepBlocks: false });
    const input = plainInput({ vendorData: { 'cloud-init': vendor ?? '' } });
    const tree = await writeTree(join(scratch, 'tree'), noCloudDocuments(input));
    const [read] = await readByCloudInit({ do: 'nocloud', tree, scratch });
    assert.partialDeepStrictEqual(read, {
      config,
      vendorData: [
        { type: 'text/cloud-config' },
        { type: 'text/cloud-boothook' },
        { type: 'text/x-shellscript' },
      ],
    });
  });
});

test('cloud-init’s own schema has nothing against any cloud-config of ours', { skip }, async () => {
  const { user: _nobody, ...others } = WISHES;
  const long = [{ path: '/srv/long', content: Buffer.from('a line\n'.repeat(20_000)) }];
  const wished = [WISHES, others, { growRoot: false, writeFiles: long }].flatMap((wishes) => [
    ...ownFiles(wishes, false),
    ...ownFiles(wishes, true),
  ]);
  const scripts = vendorDocument(null, { from: 'packages', keepBlocks: false }) ?? '';
  const inScripts = [...scripts.matchAll(/(#cloud-config\\n.*?)END\\n/g)].map(([, config = '']) => {
    const text: unknown = JSON.parse(`"${config}"`);
    return String(text);
  });
  const users = [{ name: 'root', type: 'hash', password: HASH.reveal() }];
  const ofPassword = vendorDocument({ chpasswd: { expire: false, users } }, null) ?? '';
  const configs = [...wished.map(textOf), ...inScripts, ofPassword];
  assert.equal(configs.length, 8 + inScripts.length);
  assert.ok(inScripts.length > 0);
  const complaints = await readByCloudInit(...configs.map((config) => ({ do: 'validate', config })));
  assert.deepEqual(
    complaints,
    configs.map(() => ''),
  );
  const [complaint] = await readByCloudInit({ do: 'validate', config: '#cloud-config\nruncmd: 7\n' });
  assert.match(String(complaint), /runcmd/);
});
