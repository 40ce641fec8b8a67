// What a stream of bytes would lose of one file: holes, extended attributes, access lists.
import assert from 'node:assert/strict';
import { open, readFile, stat } from 'node:fs/promises';
import { test } from 'node:test';
import { FLAVOURS, Scratch, sh } from './scratch.ts';

const MIB = 1024 * 1024;

/** Data in the middle, none before and behind. */
async function plantSparse(path: string, size: number, data: number): Promise<void> {
  const file = await open(path, 'wx', 0o640);
  await file.write(Buffer.alloc(data, 'data'), 0, data, Math.floor(size / 2) + 12_345);
  await file.truncate(size);
  await file.close();
}

/** Size, mode, and the bytes around the data. */
function alike(one: string, other: string, size: number): void {
  const script =
    '[ "$(stat -c "%s %a" "$1")" = "$(stat -c "%s %a" "$2")" ] && cmp -i "$3" -n 3000000 "$1" "$2"';
  sh(script, one, other, String(Math.floor(size / 2) - MIB));
}

async function allocated(path: string): Promise<number> {
  return (await stat(path)).blocks * 512;
}

for (const flavour of FLAVOURS) {
  test(`${flavour}: a file with holes takes no more of the disk after it was copied in, and they do not travel`, async () => {
    await using world = await Scratch.open(flavour);
    const size = flavour === 'gnu' ? 1024 * MIB : 64 * MIB + 777;
    await plantSparse(world.path('from'), size, MIB);
    const report = await world.files.copyIn(world.path('from'), world.path('to'));
    assert.ok(report.verified);
    assert.ok(report.bytes < 2 * MIB, `${report.bytes} bytes went`);
    assert.ok((await allocated(world.path('to'))) < 2 * MIB);
    alike(world.path('from'), world.path('to'), size);
    assert.deepEqual(world.leftovers(), []);
  });

  test(`${flavour}: a file with holes takes no more of the disk after it was copied out`, async () => {
    await using world = await Scratch.open(flavour);
    const size = flavour === 'gnu' ? 1024 * MIB : 64 * MIB + 777;
    await plantSparse(world.path('from'), size, MIB);
    const report = await world.files.copyOut(world.path('from'), world.path('to'));
    assert.ok(report.verified);
    assert.ok((await allocated(world.path('to'))) < 2 * MIB);
    if (flavour === 'gnu') assert.ok(report.bytes < 2 * MIB, `${report.bytes} bytes came`);
    alike(world.path('from'), world.path('to'), size);
    assert.deepEqual(world.leftovers(), []);
  });

  test(`${flavour}: a file of zeros that has no holes gets none`, async () => {
    await using world = await Scratch.open(flavour);
    sh('head -c 1048576 /dev/zero >"$1"', world.path('from'));
    await world.files.copyIn(world.path('from'), world.path('in'));
    await world.files.copyOut(world.path('from'), world.path('out'));
    for (const name of ['in', 'out']) assert.equal(await allocated(world.path(name)), MIB);
  });

  test(`${flavour}: a file with holes is copied through a link, over an old file, and for a user`, async () => {
    await using world = await Scratch.open(flavour);
    await plantSparse(world.path('-from\n'), 4 * MIB, 1000);
    sh(
      'cd "$1" && chmod 755 . && ln -s "./-from\n" link && echo old >in && echo old >out && mkdir -m 777 theirs',
      world.folder,
    );
    await world.files.copyIn(world.path('link'), world.path('in'));
    await world.files.copyOut(world.path('link'), world.path('out'));
    await world.files.copyIn(world.path('link'), world.path('theirs/'), { user: 'nobody', owner: 'nobody' });
    for (const name of ['in', 'out', 'theirs/link']) {
      assert.ok((await readFile(world.path(name))).equals(await readFile(world.path('link'))), name);
      assert.ok((await allocated(world.path(name))) < MIB, name);
    }
    assert.equal((await stat(world.path('theirs/link'))).uid, 65_534);
    assert.deepEqual(world.leftovers(), []);
  });
}

test('a file with holes into a full disk is said so, and leaves nothing', async () => {
  for (const flavour of FLAVOURS) {
    await using world = await Scratch.open(flavour);
    await plantSparse(world.path('from'), 16 * MIB, 4 * MIB);
    sh('mkdir "$1" && mount -t tmpfs -o size=2m nvt-small "$1"', world.path('small'));
    try {
      await assert.rejects(world.files.copyIn(world.path('from'), world.path('small/f')), {
        code: 'GUEST_DISK_FULL',
      });
      await assert.rejects(world.files.copyOut(world.path('from'), world.path('small/f')), {
        code: 'HOST_DISK_FULL',
      });
      assert.equal(sh('ls -A "$1"', world.path('small')), '');
    } finally {
      sh('umount "$1"', world.path('small'));
    }
  }
});

test('GNU on both sides carries the extended attributes and the access list of one file, and no foreign ones', async () => {
  await using world = await Scratch.open('gnu');
  sh(
    'cd "$1" && printf hi >from && chmod 640 from && setfattr -n user.note -v "kept" from && setfattr -n trusted.no -v x from && setfacl -m u:nobody:r from',
    world.folder,
  );
  await world.files.copyIn(world.path('from'), world.path('in'));
  await world.files.copyOut(world.path('from'), world.path('out'));
  for (const name of ['in', 'out']) {
    assert.match(
      sh('cd "$1" && getfattr -d "$2"; getfacl -c "$2"', world.folder, name),
      /user\.note="kept"[\s\S]*user:nobody:r--/,
    );
    assert.doesNotMatch(sh('cd "$1" && getfattr -m - -d "$2"', world.folder, name), /trusted/);
  }
  await world.files.copyIn(world.path('from'), world.path('bare'), { preserve: false });
  assert.equal(sh('cd "$1" && getfattr -d bare', world.folder), '');
  assert.deepEqual(world.leftovers(), []);
});
