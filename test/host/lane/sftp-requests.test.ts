// The SFTP requests one by one: what each does to files, names and attributes, and what it answers.
import assert from 'node:assert/strict';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  statfs,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { runCommand } from '../support/run-command.ts';
import {
  type Attributes,
  ask,
  attributes,
  extended,
  type Fields,
  FX,
  FXP,
  inWords,
  OPEN,
  open,
  type Request,
  takeAttributes,
  text,
  u32,
  u64,
  type Wanted,
} from './sftp-wire.ts';
import { type SftpClient, SftpWorld } from './sftp-world.ts';

let world: SftpWorld;

before(async () => {
  world = await SftpWorld.make();
});
after(async () => await world[Symbol.asyncDispose]());
beforeEach(async () => {
  await rm(world.home, { recursive: true, force: true });
  await mkdir(world.home, { mode: 0o755 });
});

const at = (...names: readonly string[]): string => join(world.home, ...names);

test('reading at and beyond the end, and of nothing, says that it is the end', async () => {
  const client = world.start();
  await writeFile(at('five'), '12345');
  const handle = await client.handle(open('five', OPEN.READ));
  for (const [offset, length] of [
    [5n, 1],
    [6n, 1],
    [0n, 0],
    [2n ** 63n, 1],
    [2n ** 64n - 1n, 1],
  ] as const) {
    assert.equal(await client.status(ask(FXP.READ, handle, u64(offset), u32(length))), FX.EOF, `${offset}`);
  }
  const part = await client.one(ask(FXP.READ, handle, u64(3n), u32(100)));
  assert.equal(part.fields.text(), '45');
  await client.finish();
});

test('writes go where they are told, to the end where appending, and nowhere beyond what a file can hold', async () => {
  const client = world.start();
  const plain = await client.handle(open('f', OPEN.WRITE | OPEN.CREATE, { mode: 0o100600 }));
  assert.equal(await client.status(ask(FXP.WRITE, plain, u64(4n), text('late'))), FX.OK);
  assert.equal(await client.status(ask(FXP.WRITE, plain, u64(0n), text('soon'))), FX.OK);
  const end = await client.handle(open('f', OPEN.WRITE | OPEN.APPEND));
  assert.equal(await client.status(ask(FXP.WRITE, end, u64(0n), text('!'))), FX.OK);
  for (const offset of [2n ** 63n - 1n, 2n ** 64n - 1n]) {
    assert.equal(await client.status(ask(FXP.WRITE, plain, u64(offset), text('xy'))), FX.FAILURE);
  }
  assert.equal(
    await client.status(ask(FXP.READ, plain, u64(0n), u32(1))),
    FX.FAILURE,
    'a handle for writing reads',
  );
  assert.equal(await client.status(extended('fsync@openssh.com', plain)), FX.OK);
  assert.equal(await readFile(at('f'), 'utf8'), 'soonlate!');
  assert.equal((await stat(at('f'))).mode & 0o7777, 0o600);
  assert.equal(await client.status(open('f', OPEN.WRITE | OPEN.CREATE | OPEN.NEW)), FX.FAILURE);
  await client.handle(open('f', OPEN.WRITE | OPEN.TRUNCATE));
  assert.equal((await stat(at('f'))).size, 0);
  await client.finish();
});

interface Entry {
  readonly name: string;
  readonly line: string;
  readonly found: Attributes | undefined;
}

/** The whole listing, reply by reply. */
async function list(client: SftpClient, path: string): Promise<Entry[][]> {
  const handle = await client.handle(ask(FXP.OPENDIR, text(path)));
  const pages: Entry[][] = [];
  for (;;) {
    const reply = await client.one(ask(FXP.READDIR, handle));
    if (reply.type === FXP.STATUS) {
      assert.equal(reply.fields.u32(), FX.EOF);
      return pages;
    }
    assert.ok(reply.length <= 32 * 1024, `${reply.length} bytes of names`);
    pages.push(Array.from({ length: reply.fields.u32() }, () => entryOf(reply.fields)));
  }
}

function entryOf(fields: Fields): Entry {
  const [name, line] = [fields.bytes().toString('utf8'), fields.bytes().toString('utf8')];
  return { name, line, found: takeAttributes(fields) };
}

test('a large directory comes in replies that small clients take, whole', async () => {
  const names = Array.from({ length: 700 }, (_, i) => `${i}-`.padEnd(255, 'n'));
  await Promise.all(names.map((name) => writeFile(at(name), '')));
  const client = world.start();
  const pages = await list(client, '.');
  assert.ok(pages.length > 10);
  assert.deepEqual(
    pages
      .flat()
      .map(({ name }) => name)
      .sort(),
    ['.', '..', ...names].sort(),
  );
  await client.finish();
});

test('the lines of a listing are those of ls', async () => {
  await writeFile(at('suid'), 'x'.repeat(12_345));
  await chmod(at('suid'), 0o4754);
  await utimes(at('suid'), 0, Date.UTC(2001, 1, 3, 4, 5) / 1000);
  await mkdir(at('sticky'));
  await chmod(at('sticky'), 0o3776);
  const recent = new Date(Date.now() - 86_400_000);
  await utimes(at('sticky'), recent, recent);
  await symlink('nowhere', at('link'));
  await runCommand('mkfifo', ['-m', '0600', at('fifo')]);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await chown(at('suid'), 4_000_000_000, 3_999_999_999);
  if (isRoot) await chmod(at('suid'), 0o4754);
  const client = world.start();
  const entries = (await list(client, '.')).flat();
  const line = (name: string): string => entries.find((entry) => entry.name === name)?.line ?? '';
  const owner = isRoot ? '4000000000 3999999999' : '\\S+ +\\S+ *';
  assert.match(line('suid'), new RegExp(`^-rwsr-xr-- +1 ${owner} +12345 Feb  3  2001 suid$`));
  const ls = await runCommand('ls', ['-ld', 'sticky'], {
    cwd: world.home,
    env: { PATH: '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C' },
  });
  assert.equal(line('sticky').replace(/ +/g, ' '), ls.stdout.trim().replace(/ +/g, ' '));
  assert.match(line('sticky'), /^drwxrwsrwT /);
  assert.match(line('link'), /^lrwxrwxrwx .* link$/);
  assert.match(line('fifo'), /^prw------- /);
  await client.finish();
});

test('attributes are set: size, owner, mode and times; on a file, on a handle, on a link', async () => {
  await writeFile(at('f'), 'content');
  await symlink('f', at('l'));
  const client = world.start();
  const owner = [process.getuid?.() ?? 0, process.getgid?.() ?? 0] as const;
  const wanted: Wanted = { size: 3n, owner, mode: 0o4711, times: [86_400, 1_000_000_000] };
  assert.equal(await client.status(ask(FXP.SETSTAT, text('l'), attributes(wanted))), FX.OK);
  const found = await client.attributes(ask(FXP.STAT, text('l')));
  assert.deepEqual(found, {
    size: 3n,
    uid: owner[0],
    gid: owner[1],
    mode: 0o104711,
    atime: 86_400,
    mtime: 1_000_000_000,
  });
  const handle = await client.handle(open('f', OPEN.READ | OPEN.WRITE));
  const later = attributes({ size: 5n, mode: 0o600, times: [1, 4_294_967_295] });
  assert.equal(await client.status(ask(FXP.FSETSTAT, handle, later)), FX.OK);
  const { size, mode, mtime } = await client.attributes(ask(FXP.FSTAT, handle));
  assert.deepEqual([size, mode, mtime], [5n, 0o100600, 4_294_967_295]);
  assert.equal(
    await client.status(extended('lsetstat@openssh.com', text('l'), attributes({ times: [5, 6] }))),
    FX.OK,
  );
  assert.equal((await client.attributes(ask(FXP.LSTAT, text('l')))).mtime, 6);
  assert.equal(
    await client.status(extended('lsetstat@openssh.com', text('l'), attributes({ size: 0n }))),
    FX.FAILURE,
  );
  assert.equal(await client.status(ask(FXP.SETSTAT, text('f'), attributes({ size: 2n ** 63n }))), FX.FAILURE);
  assert.equal((await stat(at('f'))).size, 5);
  await client.finish();
});

test('a rename replaces nothing, not even a link to nothing; a posix-rename does', async () => {
  for (const name of ['a', 'b']) await writeFile(at(name), name);
  await symlink('nowhere', at('dangling'));
  await mkdir(at('d'));
  const client = world.start();
  const rename = (from: string, to: string): Request => ask(FXP.RENAME, text(from), text(to));
  const replies = await client.ask(
    rename('a', 'b'),
    rename('a', 'dangling'),
    rename('a', 'd'),
    rename('d', 'a'),
    rename('no', 'x'),
    rename('a', 'c'),
    rename('d', 'e'),
  );
  assert.deepEqual(
    replies.map((reply) => reply.fields.u32()),
    [4, 4, 4, 4, 2, 0, 0],
  );
  assert.equal(await client.status(extended('posix-rename@openssh.com', text('c'), text('b'))), FX.OK);
  assert.deepEqual((await readdir(world.home)).sort(), ['b', 'dangling', 'e']);
  assert.equal(await readFile(at('b'), 'utf8'), 'a');
  await client.finish();
});

test('paths resolve as with the stock server, also those that do not exist yet', async () => {
  await mkdir(at('d/inner'), { recursive: true });
  await writeFile(at('f'), '');
  for (const [name, target] of [
    ['l', 'd/inner'],
    ['dangling', 'd/none'],
    ['deep', 'none/none'],
    ['loop', 'loop'],
    ['chain', 'dangling'],
    ['top', '/none-at-all'],
  ] as const) {
    await symlink(target, at(name));
  }
  const paths = [
    '',
    '.',
    '..',
    '/',
    '//',
    '/.',
    '/..',
    'd',
    'd/',
    'd/../f',
    'd/./inner/..',
    'l',
    'l/..',
    'new',
    'd/new',
    'l/new',
    'new/',
    'new/new',
    'new/..',
    'new/.',
    'f/x',
    'dangling',
    'chain',
    'deep',
    'loop',
    'loop/x',
    'top',
    '/none',
    '/../none',
    'd//new',
    `${'x'.repeat(255)}`,
    '/etc/../etc/passwd',
  ];
  const asked = paths.flatMap((path) => [
    ask(FXP.REALPATH, text(path)),
    extended('expand-path@openssh.com', text(path)),
  ]);
  const answers = await Promise.all(
    [false, true].map(async (stock) => {
      const client = world.start({ stock });
      const words = (await client.ask(...asked)).map(inWords);
      await client.finish();
      return words.map((word, i) => `${paths[i >> 1]}: ${word}`);
    }),
  );
  assert.deepEqual(answers[0], answers[1]);
});

test('links are made with the target first, and read back', async () => {
  const client = world.start();
  await writeFile(at('target'), '');
  assert.equal(await client.status(ask(FXP.SYMLINK, text('../some where'), text('link'))), FX.OK);
  assert.equal(await readlink(at('link')), '../some where');
  assert.equal(inWords(await client.one(ask(FXP.READLINK, text('link')))), '1 name ../some where');
  assert.equal(await client.status(ask(FXP.READLINK, text('target'))), FX.FAILURE);
  assert.equal(await client.status(ask(FXP.REMOVE, text('link'))), FX.OK);
  const long = 'y'.repeat(4095);
  assert.equal(await client.status(ask(FXP.SYMLINK, text(long), text('long'))), FX.OK);
  assert.equal(inWords(await client.one(ask(FXP.READLINK, text('long')))), `1 name ${long}`);
  assert.equal(await client.status(ask(FXP.SYMLINK, text(`${long}y`), text('longer'))), FX.FAILURE);
  assert.equal(await client.status(ask(FXP.STAT, text('x'.repeat(200_000)))), FX.FAILURE);
  await client.finish();
});

test('homes and names of accounts come from the files, and are empty where there are none', async () => {
  const client = world.start();
  const told = async (request: Request): Promise<string> => inWords(await client.one(request));
  assert.equal(await told(extended('home-directory', text(''))), `1 name ${world.home}`);
  assert.equal(await told(extended('home-directory', text('root'))), '1 name /root');
  assert.equal(await told(extended('home-directory', text('no-such-user'))), `status ${FX.NO_SUCH_FILE}`);
  assert.equal(await told(extended('expand-path@openssh.com', text('~'))), `1 name ${world.home}`);
  assert.equal(await told(extended('expand-path@openssh.com', text('~/new'))), `1 name ${world.home}/new`);
  assert.equal(
    await told(extended('expand-path@openssh.com', text('~no-such-user/x'))),
    `status ${FX.NO_SUCH_FILE}`,
  );
  const ids = text(Buffer.concat([u32(0), u32(4_000_000_000), u32(0)]));
  const { fields } = await client.one(extended('users-groups-by-id@openssh.com', ids, ids));
  for (const names of [fields.bytes(), fields.bytes()]) {
    assert.ok(names.equals(Buffer.concat([text('root'), text(''), text('root')])));
  }
  const many = text(Buffer.alloc(200 * 1024));
  assert.equal(
    await told(extended('users-groups-by-id@openssh.com', many, text(''))),
    `status ${FX.FAILURE}`,
  );
  await client.finish();
});

test('limits and filesystems are told as they are', async () => {
  const client = world.start();
  const limits = await client.one(extended('limits@openssh.com'));
  assert.deepEqual(
    [limits.fields.u64(), limits.fields.u64(), limits.fields.u64(), limits.fields.u64()],
    [262_144n, 261_120n, 261_120n, 256n],
  );
  const handle = await client.handle(ask(FXP.OPENDIR, text('.')));
  const { blocks, files } = await statfs(world.home);
  for (const request of [
    extended('statvfs@openssh.com', text('.')),
    extended('fstatvfs@openssh.com', handle),
  ]) {
    const { type, fields } = await client.one(request);
    assert.equal(type, FXP.EXTENDED_REPLY);
    const told = Array.from({ length: 11 }, () => fields.u64());
    assert.ok(fields.isAtEnd());
    assert.deepEqual([told[2], told[5], told[10]], [BigInt(blocks), BigInt(files), 255n]);
  }
  await client.finish();
});

test('statuses say what the matter was', async () => {
  await writeFile(at('f'), '');
  await mkdir(at('d'));
  await writeFile(at('d/x'), '');
  const cases: readonly (readonly [Request, number])[] = [
    [ask(FXP.STAT, text('none')), FX.NO_SUCH_FILE],
    [ask(FXP.STAT, text('')), FX.NO_SUCH_FILE],
    [ask(FXP.OPENDIR, text('f')), FX.NO_SUCH_FILE],
    [ask(FXP.STAT, text('f/x')), FX.NO_SUCH_FILE],
    [ask(FXP.RMDIR, text('d')), FX.FAILURE],
    [ask(FXP.REMOVE, text('d')), FX.FAILURE],
    [ask(FXP.MKDIR, text('d'), attributes()), FX.FAILURE],
    [open('d', OPEN.WRITE), FX.FAILURE],
    [open('/proc/sys/kernel/ostype', OPEN.WRITE), FX.DENIED],
    [extended('hardlink@openssh.com', text('d'), text('e')), FX.DENIED],
  ];
  const client = world.start();
  for (const [request, status] of cases)
    assert.equal(await client.status(request), status, `${request.type} ${request.fields}`);
  const { fields } = await client.one(ask(FXP.RMDIR, text('d')));
  assert.deepEqual([fields.u32(), fields.text(), fields.text()], [FX.FAILURE, 'Directory not empty', '']);
  assert.ok((await lstat(at('d/x'))).isFile());
  await client.finish();
});
