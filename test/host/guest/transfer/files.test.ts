// Looking at, making and removing files over a road into this host.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { FLAVOURS, makeTree, Scratch, sh } from './scratch.ts';

for (const flavour of FLAVOURS) {
  test(`${flavour}: a listing tells kinds, sizes, modes, owners, times and targets`, async () => {
    await using world = await Scratch.open(flavour);
    makeTree(world.folder);
    sh('cd "$1" && mkfifo pipe && chown nobody a/file && chmod 2750 a', world.folder);
    const socket = createServer().listen(world.path('socket'));
    const entries = new Map((await world.files.list(world.folder)).map((entry) => [entry.name, entry]));
    socket.close();
    assert.deepEqual([...entries.values()].map(({ kind }) => kind).sort(), [
      'directory',
      'directory',
      'directory',
      'fifo',
      'file',
      'file',
      'file',
      'link',
      'socket',
    ]);
    assert.deepEqual(
      [entries.get('dangling')?.target, entries.get('a')?.mode, entries.get('sparse')?.size],
      ['/nonexistent/x', 0o2750, 8 * 1024 * 1024 + 3],
    );
    const file = await world.files.stat(world.path('a/file'));
    assert.deepEqual(
      [file.owner, file.uid, file.group, file.mtimeNs, file.name],
      [
        'nobody',
        65534,
        'root',
        BigInt(Date.parse('2001-02-03T04:05:06Z')) * 1_000_000n + 123_456_789n,
        'file',
      ],
    );
    const names = (await world.files.list(world.path('a/b'))).map(({ name }) => name).sort();
    assert.deepEqual(names, [' trailing ', 'c', 'hard', 'new\nline', 'up', '\udcff\udcferaw'].sort());
    assert.equal((await world.files.stat(world.path('a/b/up'), { follow: true })).kind, 'file');
    assert.deepEqual(await world.files.list(world.path('empty')), []);
  });

  test(`${flavour}: what is not there, may not be seen or is no directory is told apart`, async () => {
    await using world = await Scratch.open(flavour);
    sh('mkdir "$1/shut" && : >"$1/shut/f" && chmod 700 "$1/shut" && chmod 755 "$1"', world.folder);
    const user = 'nobody';
    await assert.rejects(world.files.stat(world.path('no')), {
      code: 'GUEST_FILE_NOT_FOUND',
      kind: 'not-found',
    });
    await assert.rejects(world.files.stat(world.path('shut/f'), { user }), {
      code: 'GUEST_FILE_DENIED',
      kind: 'denied',
    });
    await assert.rejects(world.files.list(world.path('shut'), { user }), { code: 'GUEST_FILE_DENIED' });
    await assert.rejects(world.files.list(world.path('shut/f')), { code: 'GUEST_FILE_REFUSED' });
    await assert.rejects(world.files.stat('a\0b'), { code: 'GUEST_PATH_INVALID' });
    await assert.rejects(world.files.stat(''), { code: 'GUEST_PATH_INVALID' });
    assert.equal(await world.files.exists(world.path('no')), false);
    await assert.rejects(world.files.exists(world.path('shut/f'), { user }), { code: 'GUEST_FILE_DENIED' });
  });

  test(`${flavour}: a pattern is expanded and nothing else of it is carried out`, async () => {
    await using world = await Scratch.open(flavour);
    for (const name of ['a1', 'a2', 'b', '*', '$(touch x)', 'two words 3'])
      writeFileSync(world.path(name), '');
    const glob = async (pattern: string) =>
      (await world.files.glob(world.path(pattern))).map((path) => path.slice(world.folder.length + 1));
    assert.deepEqual(await glob('a?'), ['a1', 'a2']);
    assert.deepEqual(await glob('*'), ['*']);
    assert.deepEqual(await glob('[ab]*'), ['a1', 'a2', 'b']);
    assert.deepEqual(await glob('$(touch x)'), ['$(touch x)']);
    assert.deepEqual(await glob('$(touch y)*'), []);
    assert.deepEqual(await glob('* *3'), ['two words 3']);
    await assert.rejects(world.files.glob(world.path('?*'), { most: 3 }), { code: 'GUEST_LIST_TOO_LARGE' });
    assert.equal(readdirSync(world.folder).length, 6);
  });

  test(`${flavour}: directories are made and removed, and the root never is`, async () => {
    await using world = await Scratch.open(flavour);
    const { files } = world;
    await files.makeDirectory(world.path('d'), { mode: 0o710 });
    assert.equal(statSync(world.path('d')).mode & 0o777, 0o710);
    await assert.rejects(files.makeDirectory(world.path('d')), { code: 'GUEST_FILE_EXISTS' });
    await assert.rejects(files.makeDirectory(world.path('x/y')), { code: 'GUEST_FILE_NOT_FOUND' });
    await files.makeDirectory(world.path('x/y/-z\n'), { parents: true });
    await files.makeDirectory(world.path('x/y'), { parents: true });
    await assert.rejects(files.remove(world.path('x')), { code: 'GUEST_FILE_REFUSED' });
    await files.remove(world.path('x'), { recursive: true });
    await assert.rejects(files.remove(world.path('x')), { code: 'GUEST_FILE_NOT_FOUND' });
    await files.remove(world.path('x'), { force: true });
    for (const path of ['/', '//', '/.', '/..', '/../', '/./..', '.', '..', 'a/..', '/tmp/../']) {
      await assert.rejects(
        files.remove(path, { recursive: true, force: true }),
        { code: 'GUEST_FILE_REFUSED' },
        path,
      );
    }
    assert.ok(existsSync('/etc/passwd'));
    await files.symlink('d', world.path('l'));
    await files.remove(`${world.path('l')}/`, { recursive: true });
    assert.deepEqual(readdirSync(world.folder), ['d']);
    await files.rename(world.path('d'), world.path('e'));
    await files.makeDirectory(world.path('f'));
    await assert.rejects(files.rename(world.path('e'), world.path('f')), { code: 'GUEST_FILE_EXISTS' });
    await files.chmod(world.path('f'), 0o4711);
    await files.chown(world.path('f'), 'nobody');
    assert.deepEqual(
      [statSync(world.path('f')).uid, (await files.stat(world.path('f'))).owner],
      [65534, 'nobody'],
    );
    await assert.rejects(files.write(world.path('f'), 'x'), { code: 'GUEST_FILE_REFUSED' });
    await files.write(world.path('n'), 'x', { isNew: true, mode: 0o600 });
    await assert.rejects(files.write(world.path('n'), 'y', { isNew: true }), { code: 'GUEST_FILE_EXISTS' });
    assert.deepEqual(world.leftovers(), []);
  });

  test(`${flavour}: a file that is too large to be read is not read`, async () => {
    await using world = await Scratch.open(flavour);
    writeFileSync(world.path('f'), 'x'.repeat(1001));
    await assert.rejects(world.files.readText(world.path('f'), { maxBytes: 1000 }), {
      code: 'GUEST_FILE_TOO_LARGE',
    });
    assert.equal((await world.files.readBytes(world.path('f'), { maxBytes: 1001 })).length, 1001);
  });

  test(`${flavour}: tail gives the end, and follows a file through growth, rotation and truncation`, {
    timeout: 60_000,
  }, async () => {
    await using world = await Scratch.open(flavour);
    const log = world.path('-log');
    writeFileSync(log, 'one\ntwo\nthree\n');
    const text = async (options: object) => {
      let all = '';
      for await (const piece of world.files.tail(log, options)) all += piece.toString();
      return all;
    };
    assert.equal(await text({ lines: 2 }), 'two\nthree\n');
    assert.equal(await text({ bytes: 4 }), 'ree\n');
    await assert.rejects(
      async () => {
        for await (const piece of world.files.tail(world.path('no'))) assert.fail(`${piece}`);
      },
      { code: 'GUEST_FILE_NOT_FOUND' },
    );
    const controller = new AbortController();
    let seen = '';
    const steps: Readonly<Record<string, () => void>> = {
      'three\n': () => appendFileSync(log, 'grown\n'),
      'grown\n': () => {
        renameSync(log, `${log}.1`);
        writeFileSync(log, 'rotated\n');
      },
      'rotated\n': () => {
        truncateSync(log, 0);
        appendFileSync(log, 'cut\n');
      },
      'cut\n': () => controller.abort(),
    };
    const following = async () => {
      for await (const piece of world.files.tail(log, {
        lines: 1,
        follow: true,
        signal: controller.signal,
      })) {
        seen += piece.toString();
        for (const [end, step] of Object.entries(steps)) if (seen.endsWith(end)) step();
      }
    };
    await assert.rejects(following(), { kind: 'cancelled' });
    assert.equal(seen, 'three\ngrown\nrotated\ncut\n');
  });
}
