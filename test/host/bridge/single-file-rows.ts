// What one file keeps, what is told of it on the way, and how much of it is taken: rows for every guest and both roads.
import assert from 'node:assert/strict';
import { chmod, open, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TransferProgress } from '../../../src/guest/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { Folders, said } from './file-rows.ts';
import type { Row } from './rows.ts';

const MIB = 1024 * 1024;
const LONG_AGO = new Date('2001-02-03T04:05:06Z');

export const SINGLE_FILE_ROWS: readonly Row[] = [
  {
    name: 'a single file keeps content, mode and time, there and back, into a directory and under a name',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const { here, there } = folders;
      const { files } = place.guest;
      await writeFile(join(here, 'a file'), 'content\n');
      await chmod(join(here, 'a file'), 0o604);
      await utimes(join(here, 'a file'), LONG_AGO, LONG_AGO);
      const went = await files.copyIn(join(here, 'a file'), `${there}/`);
      assert.deepEqual([went.target, went.via, went.verified], [`${there}/a file`, place.via, true]);
      const told = await said(place, `stat -c '%a %Y' '${there}/a file'; cat '${there}/a file'`);
      assert.equal(told, `604 ${LONG_AGO.getTime() / 1000}\ncontent\n`);
      await files.copyOut(`${there}/a file`, join(here, 'back'));
      const back = await stat(join(here, 'back'));
      assert.deepEqual([back.mode & 0o777, back.mtimeMs], [0o604, LONG_AGO.getTime()]);
      assert.equal(await readFile(join(here, 'back'), 'utf8'), 'content\n');
    },
  },
  {
    name: 'a single file with holes takes no more of either disk, and its holes do not travel into the guest',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const { here, there } = folders;
      const { files } = place.guest;
      const disk = `${there}/disk`;
      // Where reading a hole does not fill it, as it does in the minimal guest's ramfs.
      await said(place, `mkdir ${disk}; mount -t tmpfs -o size=100m nvt-holes ${disk}`);
      const size = (place.via === 'lane' ? 64 : 8) * MIB + 777;
      const sparse = await open(join(here, 'sparse'), 'w');
      await sparse.write(Buffer.alloc(100_000, 'data'), 0, 100_000, Math.floor(size / 2));
      await sparse.truncate(size);
      await sparse.close();
      const went = await files.copyIn(join(here, 'sparse'), `${disk}/sparse`);
      assert.ok(went.verified && went.bytes < MIB, JSON.stringify(went));
      const [length, blocks] = (await said(place, `stat -c '%s %b' ${disk}/sparse`))
        .trim()
        .split(' ')
        .map(Number);
      assert.equal(length, size);
      assert.ok((blocks ?? 0) * 512 < MIB, `${blocks} blocks`);
      const came = await files.copyOut(`${disk}/sparse`, join(here, 'back'));
      assert.ok(came.verified);
      if (place.system === 'debian') assert.ok(came.bytes < MIB, JSON.stringify(came)); // busybox tar knows no holes
      assert.ok((await stat(join(here, 'back'))).blocks * 512 < MIB);
      assert.ok((await readFile(join(here, 'back'))).equals(await readFile(join(here, 'sparse'))));
      assert.equal(await said(place, `ls -A ${disk}; umount ${disk}`), 'sparse\n');
    },
  },
  {
    name: 'a single file’s extended attributes go along where both sides can',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const { here, there } = folders;
      const { files } = place.guest;
      const set = 'import os,sys; os.setxattr(sys.argv[1], "user.note", b"kept")';
      const get =
        'import os,sys; print([os.getxattr(sys.argv[1], n) for n in os.listxattr(sys.argv[1]) if n == "user.note"])';
      await writeFile(join(here, 'f'), 'x');
      await runProgram('python3', ['-c', set, join(here, 'f')]);
      const target = place.system === 'debian' ? `/var/tmp/${there.slice(5)}` : `${there}/f`; // tmpfs may know none
      await files.copyIn(join(here, 'f'), target);
      await files.copyOut(target, join(here, 'back'));
      const { stdout } = await runProgram('python3', ['-c', get, join(here, 'back')]);
      assert.equal(stdout, place.system === 'debian' ? "[b'kept']\n" : '[]\n');
      assert.equal(await files.readText(target), 'x');
      await files.remove(target);
    },
  },
  {
    name: 'progress tells bytes, rate and rest time on the way, both ways',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const { here, there } = folders;
      const { files } = place.guest;
      const size = place.via === 'lane' ? 48_000_000 : 3_000_000;
      await writeFile(join(here, 'big'), Buffer.alloc(size, 'p'));
      const told: TransferProgress[] = [];
      const onProgress = (progress: TransferProgress) => void told.push(progress);
      const check = () => {
        const last = told.at(-1);
        assert.deepEqual([last?.done, last?.total, last?.files], [size, size, 1]);
        const between = told.filter(({ done }) => done > 0 && done < size);
        assert.ok(between.length > 0, `told ${told.length} times`);
        for (const { bytesPerSecond, etaSeconds } of between)
          assert.ok(bytesPerSecond > 0 && etaSeconds !== undefined && etaSeconds > 0);
        told.length = 0;
      };
      await files.copyIn(join(here, 'big'), `${there}/big`, { onProgress });
      check();
      await files.copyOut(`${there}/big`, join(here, 'back'), { onProgress });
      check();
    },
  },
  {
    name: 'of a file or a directory no more is taken than the limit, and nothing of it is kept',
    run: async (place) => {
      await using folders = await Folders.make(place);
      const { here, there } = folders;
      const { files } = place.guest;
      await said(place, `mkdir ${there}/d; head -c 100000 /dev/zero >${there}/d/f`);
      const tooLarge = { code: 'TRANSFER_TOO_LARGE' };
      const limited = { maxBytes: 99_999, recursive: true };
      await assert.rejects(files.copyOut(`${there}/d/f`, join(here, 'f'), limited), tooLarge);
      await assert.rejects(files.copyOut(`${there}/d`, join(here, 'd'), limited), tooLarge);
      await assert.rejects(files.sync('out', `${there}/d`, join(here, 'd'), { maxBytes: 99_999 }), tooLarge);
      assert.deepEqual(await readdir(here), []);
      await files.copyOut(`${there}/d`, join(here, 'd'), { maxBytes: 100_000, recursive: true });
      assert.equal((await stat(join(here, 'd', 'f'))).size, 100_000);
    },
  },
];
