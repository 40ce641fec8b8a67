// Files, as they must travel to and from every guest by both roads. Each row looks at what is there afterwards.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { isFault } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { type Place, type Row, ran, sh } from './rows.ts';

/** A folder here and one in the guest, for one row. */
export class Folders implements AsyncDisposable {
  readonly here: string;
  readonly there: string;
  readonly #place: Place;

  private constructor(place: Place, here: string, there: string) {
    this.#place = place;
    this.here = here;
    this.there = there;
  }

  static async make(place: Place): Promise<Folders> {
    const here = await mkdtemp('/var/tmp/novalet-bridge-');
    const there = `/tmp/bridge-${randomBytes(4).toString('hex')}`;
    await place.guest.files.makeDirectory(there);
    return new Folders(place, here, there);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.here, { recursive: true, force: true });
    await this.#place.guest.files.remove(this.there, { recursive: true, force: true });
  }
}

/** What a shell of the guest says; a failure shows its stderr. */
export async function said(place: Place, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await ran(place, { argv: sh(script) });
  assert.equal(exitCode, 0, stderr);
  return stdout;
}

const LONG_AGO = new Date('2001-02-03T04:05:06Z');

async function makeTree(root: string): Promise<void> {
  await mkdir(join(root, 'sub', 'empty'), { recursive: true });
  await writeFile(join(root, 'plain'), 'plain text\n');
  await chmod(join(root, 'plain'), 0o640);
  await chown(join(root, 'plain'), 12, 34);
  await writeFile(join(root, 'sub', 'tool with ünicode'), randomBytes(5000));
  await chmod(join(root, 'sub', 'tool with ünicode'), 0o4755);
  await writeFile(join(root, 'sub', 'nothing'), '');
  await link(join(root, 'plain'), join(root, 'sub', 'twin'));
  await symlink('../plain', join(root, 'sub', 'soft'));
  await symlink('/no/such place', join(root, 'dangling'));
  const sparse = await open(join(root, 'sparse'), 'w');
  await sparse.write('end', 2 * 1024 * 1024);
  await sparse.close();
  await utimes(join(root, 'plain'), LONG_AGO, LONG_AGO);
  await chmod(join(root, 'sub', 'empty'), 0o1777);
}

/** Name, kind, permissions, owner, time in seconds, and content of everything in a tree. busybox's tar keeps no times of directories. */
async function likeness(root: string, keepsTimes: boolean): Promise<Record<string, readonly unknown[]>> {
  const found: Record<string, readonly unknown[]> = {};
  for (const name of (await readdir(root, { recursive: true })).sort()) {
    const path = join(root, name);
    const { mode, uid, gid, mtimeMs } = await lstat(path);
    const kind = mode & 0o170_000;
    const content =
      kind === 0o100_000
        ? (await readFile(path)).toString('base64')
        : kind === 0o120_000
          ? await readlink(path)
          : '';
    const isTimed = kind === 0o100_000 || (kind === 0o040_000 && keepsTimes);
    const time = !isTimed ? 0 : Math.floor(mtimeMs / 1000);
    found[name] = [mode.toString(8), uid, gid, time, content];
  }
  return found;
}

export const FILE_ROWS: readonly Row[] = [
  {
    name: 'a tree goes in and comes back with modes, owners, links, times and holes',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const { here, there } = folders;
      const { files } = place.guest;
      await makeTree(join(here, 'tree'));
      const options = { recursive: true, preserveOwner: true };
      const keepsTimes = place.system === 'debian';
      const went = await files.copyIn(join(here, 'tree'), `${there}/`, options);
      assert.equal(went.via, place.via);
      const stat = await said(
        place,
        `cd ${there}/tree; stat -c '%n %a %u %g %Y' plain; readlink sub/soft; readlink dangling`,
      );
      assert.equal(stat, `plain 640 12 34 ${LONG_AGO.getTime() / 1000}\n../plain\n/no/such place\n`);
      const came = await files.copyOut(`${there}/tree`, join(here, 'back'), options);
      assert.equal(came.entries, went.entries);
      assert.deepEqual(
        await likeness(join(here, 'back'), keepsTimes),
        await likeness(join(here, 'tree'), keepsTimes),
      );
      if (place.system === 'debian') {
        const blocks = Number(await said(place, `stat -c %b ${there}/tree/sparse`));
        assert.ok(blocks < 100, `${blocks} blocks for a file of 4097`); // busybox tar fills them
      }
    },
  },
  {
    name: 'extended attributes go along where both sides can',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const { here, there } = folders;
      await mkdir(join(here, 'tree'));
      await writeFile(join(here, 'tree', 'f'), 'x');
      await runProgram('python3', [
        '-c',
        'import os,sys; os.setxattr(sys.argv[1], "user.note", b"kept")',
        join(here, 'tree', 'f'),
      ]);
      const { files } = place.guest;
      const target = place.system === 'debian' ? `/var/tmp/${there.slice(5)}` : `${there}/tree`; // tmpfs may know none
      await files.copyIn(join(here, 'tree'), target, { recursive: true });
      await files.copyOut(target, join(here, 'back'), { recursive: true });
      const read =
        'import os,sys; print([os.getxattr(sys.argv[1], n) for n in os.listxattr(sys.argv[1]) if n == "user.note"])';
      const { stdout } = await runProgram('python3', ['-c', read, join(here, 'back', 'f')]);
      assert.equal(stdout, place.system === 'debian' ? "[b'kept']\n" : '[]\n');
      await files.remove(target, { recursive: true });
    },
  },
  {
    name: 'streams go in and out, modes are as asked from the first moment, and nobody sees half a file',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const { there } = folders;
      const { files } = place.guest;
      const path = `${there}/file`;
      await files.write(path, 'old', { mode: 0o600 });
      const source = new PassThrough();
      const copying = files.copyIn(source, path, { mode: 0o640, owner: '12:34' });
      source.write(Buffer.alloc(200_000, 'n'));
      const seen = await said(
        place,
        `until [ "$(ls -A ${there} | wc -l)" = 2 ]; do sleep 0.1; done; cat file ${path} 2>/dev/null; ` +
          `for f in ${there}/.*; do [ -f "$f" ] && stat -c %a "$f"; done`,
      );
      assert.equal(seen, 'old600\n');
      source.end('end');
      assert.equal((await copying).verified, true);
      assert.equal(
        await said(place, `ls -A ${there}; stat -c '%a %u:%g %s' ${path}`),
        'file\n640 12:34 200003\n',
      );
      const out = new PassThrough();
      const pieces: Buffer[] = [];
      out.on('data', (piece: Buffer) => pieces.push(piece));
      await files.copyOut(path, out);
      assert.equal(Buffer.concat(pieces).toString(), `${'n'.repeat(200_000)}end`);
    },
  },
  {
    name: 'what the guest holds in the end is what was sent: over the agent the file itself is read again',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const { there } = folders;
      const source = new PassThrough();
      const copying = place.guest.files.copyIn(source, `${there}/file`);
      source.write(Buffer.alloc(100_000, 'a'));
      await said(
        place,
        `cd ${there}; until [ -n "$(find . -type f -size +0)" ]; do sleep 0.1; done; ` +
          `for f in .[!.]*; do until [ "$(stat -c %s "$f")" -ge 20000 ]; do sleep 0.1; done; ` +
          `printf X | dd of="$f" bs=1 seek=10 conv=notrunc 2>/dev/null; done`,
      );
      source.end('z');
      if (place.via === 'lane') {
        // The server's digest is of the bytes that it wrote itself: what root changes behind its back is not the copy's.
        assert.equal((await copying).verified, true);
        return;
      }
      await assert.rejects(copying, (error) => isFault(error) && error.kind === 'corrupt');
      assert.equal(await said(place, `ls -A ${there}`), '');
    },
  },
  {
    name: 'a copy that was cut goes on where it was, both ways',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const { here, there } = folders;
      const { files } = place.guest;
      const size = place.via === 'lane' ? 64_000_000 : 6_000_000;
      const data = randomBytes(size);
      await writeFile(join(here, 'big'), data);
      const cut = (controller: AbortController) => ({
        resume: true,
        signal: controller.signal,
        onProgress: ({ done }: { done: number }) => done > size / 5 && controller.abort(),
      });
      await assert.rejects(files.copyIn(join(here, 'big'), `${there}/big`, cut(new AbortController())), {
        code: 'CANCELLED',
      });
      assert.equal(await files.exists(`${there}/big`), false);
      const rest = await files.copyIn(join(here, 'big'), `${there}/big`, { resume: true });
      assert.ok(rest.resumedAt > 0 && rest.resumedAt + rest.bytes === size, JSON.stringify(rest));
      assert.equal(await said(place, `ls -A ${there}`), 'big\n');
      await assert.rejects(files.copyOut(`${there}/big`, join(here, 'back'), cut(new AbortController())), {
        code: 'CANCELLED',
      });
      const got = await files.copyOut(`${there}/big`, join(here, 'back'), { resume: true });
      assert.ok(got.resumedAt > 0 && got.resumedAt + got.bytes === size, JSON.stringify(got));
      assert.ok((await readFile(join(here, 'back'))).equals(data));
      assert.deepEqual((await readdir(here)).sort(), ['back', 'big']);
    },
  },
  {
    name: 'ls, patterns, mkdir, rename and rm do what their names say',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const { there } = folders;
      const { files } = place.guest;
      await files.makeDirectory(`${there}/a/b`, { parents: true, mode: 0o750 });
      await files.write(`${there}/one.log`, '1', { mode: 0o600 });
      await files.write(`${there}/two.log`, '22');
      await files.symlink('one.log', `${there}/link`);
      const listed = (await files.list(there)).map(({ name, kind, size, mode }) => [
        name,
        kind,
        kind === 'file' ? size : 0,
        mode.toString(8),
      ]);
      assert.deepEqual(listed, [
        ['a', 'directory', 0, '755'],
        ['link', 'link', 0, '777'],
        ['one.log', 'file', 1, '600'],
        ['two.log', 'file', 2, '644'],
      ]);
      assert.equal((await files.stat(`${there}/a/b`)).mode, 0o750);
      assert.deepEqual(await files.glob(`${there}/*.log`), [`${there}/one.log`, `${there}/two.log`]);
      await assert.rejects(files.rename(`${there}/one.log`, `${there}/two.log`), {
        code: 'GUEST_FILE_EXISTS',
      });
      await files.rename(`${there}/one.log`, `${there}/a/moved`);
      await assert.rejects(files.remove(`${there}/a`), isFault);
      await files.remove(`${there}/a`, { recursive: true });
      await assert.rejects(files.readText(`${there}/a/moved`), { code: 'GUEST_FILE_NOT_FOUND' });
      await assert.rejects(files.readText(`${there}/two.log/x`), { code: 'GUEST_FILE_NOT_FOUND' });
      await assert.rejects(files.write('/proc/version', 'x'), isFault);
      assert.equal(await said(place, `ls -A ${there}`), 'link\ntwo.log\n');
    },
  },
  {
    name: 'a user of the guest reaches what is theirs, and nothing more',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const { there } = folders;
      const { files } = place.guest;
      const { user } = place;
      await files.write(`${there}/secret`, 's', { mode: 0o600 });
      await assert.rejects(files.readText(`${there}/secret`, { user }), { code: 'GUEST_FILE_DENIED' });
      await assert.rejects(files.write(`${there}/new`, 'x', { user }), { code: 'GUEST_FILE_DENIED' });
      await files.makeDirectory(`${there}/theirs`);
      await files.chown(`${there}/theirs`, user);
      await files.write(`${there}/theirs/f`, 'mine', { user });
      assert.equal((await files.stat(`${there}/theirs/f`)).owner, user);
      assert.equal(await files.readText(`${there}/theirs/f`, { user }), 'mine');
    },
  },
  {
    name: 'what is added to a file is followed live, across its replacement',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const path = `${folders.there}/log`;
      await said(place, `printf 'one\\ntwo\\nthree\\n' >${path}`);
      const stop = new AbortController();
      const lines = place.guest.files
        .tail(path, { lines: 2, follow: true, signal: stop.signal })
        [Symbol.asyncIterator]();
      let seen = '';
      const seek = async (wanted: string) => {
        while (!seen.includes(wanted)) seen += String((await lines.next()).value);
      };
      await seek('two\nthree\n');
      assert.doesNotMatch(seen, /one/);
      await said(place, `echo four >>${path}`);
      await seek('four\n');
      await said(place, `mv ${path} ${path}.1; echo five >${path}`);
      await seek('five\n');
      const next = lines.next();
      stop.abort();
      await assert.rejects(next, { code: 'CANCELLED' });
    },
  },
  {
    name: 'an edit writes back at once, and not over what somebody else wrote meanwhile',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const path = `${folders.there}/conf`;
      const { files } = place.guest;
      await said(place, `printf 'a=1\\n' >${path}; chmod 604 ${path}; chown 12:34 ${path}`);
      assert.equal(
        await files.update(path, async (text) => Buffer.concat([text, Buffer.from('b=2\n')])),
        true,
      );
      assert.equal(await said(place, `stat -c '%a %u:%g' ${path}; cat ${path}`), '604 12:34\na=1\nb=2\n');
      const clash = files.update(path, async () => {
        await said(place, `echo theirs >>${path}`);
        return Buffer.from('ours');
      });
      await assert.rejects(clash, { code: 'GUEST_FILE_CHANGED' });
      assert.equal(await files.readText(path), 'a=1\nb=2\ntheirs\n');
    },
  },
  {
    name: 'a sync sends only what changed, and deletes only when told',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const { here, there } = folders;
      const { files } = place.guest;
      await makeTree(join(here, 'tree'));
      const target = `${there}/copy`;
      await files.sync('in', join(here, 'tree'), target);
      await writeFile(join(here, 'tree', 'plain'), 'changed');
      await rm(join(here, 'tree', 'sub', 'nothing'));
      await said(place, `echo extra >${target}/sub/extra`);
      const kept = await files.sync('in', join(here, 'tree'), target);
      assert.ok(kept.plan.changed.includes('plain'), kept.plan.changed.join());
      assert.ok(!kept.plan.changed.includes('sparse'), kept.plan.changed.join());
      assert.deepEqual([kept.plan.extra, kept.deleted], [['sub/extra', 'sub/nothing'], 0]);
      const strict = await files.sync('in', join(here, 'tree'), target, { delete: true });
      assert.equal(strict.deleted, 2);
      assert.deepEqual(await files.exists(`${target}/sub/extra`), false);
      const out = await files.sync('out', target, join(here, 'back'), { delete: true });
      assert.equal(out.deleted, 0);
      const again = await files.sync('out', target, join(here, 'back'), { delete: true, checksum: true });
      assert.deepEqual([again.plan.changed, again.copy], [[], undefined]);
    },
  },
  {
    name: 'a source that breaks off leaves nothing behind',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const { there } = folders;
      const source = Readable.from(
        (async function* broken() {
          yield Buffer.alloc(50_000);
          throw new Error('the source broke');
        })(),
      );
      await assert.rejects(place.guest.files.copyIn(source, `${there}/file`), /broke|input/);
      assert.equal(await said(place, `ls -A ${there}`), '');
    },
  },
];
