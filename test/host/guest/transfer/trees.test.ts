// Directories over a road into this host, with GNU's programs and with busybox's.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Files } from '../../../../src/guest/index.ts';
import { CuttingRoad } from '../../../fakes/cutting-road.ts';
import { FLAVOURS, makeTree, random, Scratch, sh, treeOf } from './scratch.ts';

const TREE = { recursive: true };

test('GNU on both sides carries extended attributes of users and access lists', async (t) => {
  if (!existsSync('/usr/bin/setfattr') || !existsSync('/usr/bin/setfacl')) {
    t.skip('needs the packages attr and acl');
    return;
  }
  await using world = await Scratch.open('gnu');
  sh(
    'mkdir "$1/from" && : >"$1/from/f" && setfattr -n user.note -v hi "$1/from/f" && setfacl -m u:nobody:r "$1/from/f"',
    world.folder,
  );
  await world.files.copyIn(world.path('from'), world.path('in'), TREE);
  await world.files.copyOut(world.path('from'), world.path('out'), TREE);
  const told = (folder: string) => sh('cd "$1" && getfattr -d f && getfacl f', folder);
  assert.match(told(world.path('from')), /user\.note="hi"[\s\S]*user:nobody:r--/);
  assert.equal(told(world.path('in')), told(world.path('from')));
  assert.equal(told(world.path('out')), told(world.path('from')));
});

for (const flavour of FLAVOURS) {
  const seconds = flavour === 'busybox';

  test(`${flavour}: a tree goes in as it is, with links, modes, times, holes and hostile names`, async () => {
    await using world = await Scratch.open(flavour);
    makeTree(world.path('from'));
    const report = await world.files.copyIn(world.path('from'), world.path('to'), TREE);
    assert.equal(report.verified, true);
    assert.equal(treeOf(world.path('to'), seconds), treeOf(world.path('from'), seconds));
    assert.deepEqual(world.leftovers(), []);
    if (!seconds) assert.ok(statSync(world.path('to/sparse')).blocks < 100, 'the hole stays a hole');
  });

  test(`${flavour}: a tree comes out as it is, but for set-id bits`, async () => {
    await using world = await Scratch.open(flavour);
    makeTree(world.path('from'));
    await world.files.copyOut(world.path('from'), world.path('to'), TREE);
    sh('chmod 755 "$1/-dash" && chmod 0777 "$1/empty" && touch -d 2003-01-01 "$1/empty"', world.path('from'));
    assert.equal(treeOf(world.path('to'), seconds), treeOf(world.path('from'), seconds));
    assert.deepEqual(world.leftovers(), []);
  });

  test(`${flavour}: an existing directory gets the source inside it, and DIR/. is merged into it`, async () => {
    await using world = await Scratch.open(flavour);
    makeTree(world.path('from'));
    for (const direction of ['in', 'out'] as const) {
      const copy = (source: string, target: string) =>
        direction === 'in'
          ? world.files.copyIn(source, target, TREE)
          : world.files.copyOut(source, target, TREE);
      const target = world.path(`to-${direction}`);
      mkdirSync(target);
      writeFileSync(`${target}/mine`, 'kept');
      await copy(world.path('from'), target);
      assert.ok(existsSync(`${target}/from/a/file`));
      writeFileSync(`${target}/from/a/file`, 'old');
      await copy(world.path('from/.'), `${target}/from`);
      assert.equal(readFileSync(`${target}/from/a/file`, 'utf8'), 'hello');
      assert.equal(readFileSync(`${target}/mine`, 'utf8'), 'kept');
      assert.deepEqual(world.leftovers(), []);
    }
  });

  test(`${flavour}: a planted link in the target is not written through`, async () => {
    await using world = await Scratch.open(flavour);
    sh('cd "$1" && mkdir -p from/x outside to && echo evil >from/x/f && ln -s ../outside to/x', world.folder);
    await assert.rejects(world.files.copyOut(world.path('from/.'), world.path('to'), TREE), {
      code: 'HOST_FILE_REFUSED',
    });
    assert.deepEqual(sh('ls "$1"', world.path('outside')), '');
    assert.deepEqual(world.leftovers(), []);
  });

  test(`${flavour}: a tree is its user's, or its --owner's`, async () => {
    await using world = await Scratch.open(flavour);
    sh(
      'chmod 755 "$1" && mkdir -p "$1/from" "$1/theirs" && echo x >"$1/from/f" && chown nobody "$1/theirs"',
      world.folder,
    );
    const nobody = { ...TREE, user: 'nobody' };
    await world.files.copyIn(world.path('from'), world.path('theirs/copy'), nobody);
    assert.equal(statSync(world.path('theirs/copy/f')).uid, 65534);
    await world.files.copyIn(world.path('from'), world.path('owned'), { ...TREE, owner: 'nobody' });
    assert.equal(statSync(world.path('owned/f')).uid, 65534);
    await assert.rejects(world.files.copyIn(world.path('from'), world.path('no'), nobody), {
      code: 'GUEST_FILE_DENIED',
    });
  });

  test(`${flavour}: a tree that is cut anywhere leaves neither a target nor a temporary`, async () => {
    await using world = await Scratch.open(flavour);
    makeTree(world.path('from'));
    const whole = new CuttingRoad(world.road, Number.POSITIVE_INFINITY);
    await new Files(whole).copyIn(world.path('from'), world.path('whole'), TREE);
    rmSync(world.path('whole'), { recursive: true });
    const next = random(7);
    for (let round = 0; round < 6; round += 1) {
      const road = new CuttingRoad(world.road, Math.floor(next() * whole.passed));
      const files = new Files(road);
      const target = world.path('to');
      const copied =
        round % 2 === 0
          ? files.copyIn(world.path('from'), target, TREE)
          : files.copyOut(world.path('from'), target, TREE);
      await assert.rejects(copied, { code: 'LANE_LOST' });
      assert.ok(!existsSync(target));
      assert.deepEqual(world.leftovers(), []);
    }
  });

  test(`${flavour}: sync sends what differs, removes what is extra, and then has nothing to do`, async () => {
    await using world = await Scratch.open(flavour);
    makeTree(world.path('from'));
    sh('chmod 755 "$1/-dash" && chmod 777 "$1/empty" && touch -d 2003-01-01 "$1/empty"', world.path('from'));
    for (const direction of ['in', 'out'] as const) {
      const target = world.path(direction);
      const sync = (options = {}) => world.files.sync(direction, world.path('from'), target, options);
      await sync();
      assert.equal(treeOf(target, true), treeOf(world.path('from'), true));
      sh(
        'cd "$1" && printf changed >a/file && rm -r a/b/c && printf f >a/b/c && mkdir -p extra/deep && : >"extra/deep/-x\ny" && : >empty/more',
        target,
      );
      const dry = await sync({ delete: true, dryRun: true });
      assert.deepEqual([...dry.plan.extra].sort(), ['empty/more', 'extra']);
      assert.ok(existsSync(`${target}/extra/deep`));
      const report = await sync({ delete: true });
      assert.equal(report.deleted, 2);
      assert.ok(report.plan.changed.includes('a/file') && report.plan.changed.includes('a/b/c'));
      assert.ok(!report.plan.changed.includes('a/random'));
      assert.equal(treeOf(target, true), treeOf(world.path('from'), true));
      const idle = await sync({ delete: true });
      assert.deepEqual(idle.plan.changed, []);
      sh(
        'cd "$1" && cp -p a/random ref && printf XXXXXXXX | dd of=a/random conv=notrunc 2>/dev/null && touch -r ref a/random && rm ref',
        target,
      );
      assert.deepEqual((await sync({ dryRun: true })).plan.changed, []);
      assert.deepEqual((await sync({ checksum: true })).plan.changed, ['a/random']);
      assert.equal(treeOf(target, true), treeOf(world.path('from'), true));
      assert.deepEqual(world.leftovers(), []);
    }
  });

  test(`${flavour}: a full disk is said so on both sides, and is left as it was`, async () => {
    await using world = await Scratch.open(flavour);
    const small = world.path('small');
    sh(
      'mkdir "$1/small" "$1/from" && head -c 4000000 /dev/urandom >"$1/from/big" && mount -t tmpfs -o size=2m nvt-small "$1/small"',
      world.folder,
    );
    try {
      await assert.rejects(world.files.copyIn(world.path('from'), `${small}/t`, TREE), {
        code: 'GUEST_DISK_FULL',
      });
      await assert.rejects(world.files.copyOut(world.path('from'), `${small}/t`, TREE), {
        code: 'HOST_DISK_FULL',
      });
      await assert.rejects(world.files.copyIn(world.path('from/big'), `${small}/f`), {
        code: 'GUEST_DISK_FULL',
      });
      await assert.rejects(world.files.copyOut(world.path('from/big'), `${small}/f`), {
        code: 'HOST_DISK_FULL',
      });
      assert.equal(sh('ls -A "$1"', small), '');
    } finally {
      sh('umount "$1"', small);
    }
  });
}

test('a tree is private and on the disk before it has its name, on either side, and a disk that cannot is told', async () => {
  await using world = await Scratch.open('gnu');
  sh('mkdir "$1/from" "$1/bin" && echo x >"$1/from/f"', world.folder);
  const sync = (script: string) =>
    writeFileSync(world.path('bin/sync'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const path = `${world.path('bin')}:/usr/bin:/bin`;
  const { road } = world;
  const files = new Files({
    via: 'lane',
    spawn: (request) => road.spawn({ ...request, env: { PATH: path } }),
    openRead: (file, request) => road.openRead(file, request),
    openWrite: (file, request) => road.openWrite(file, request),
  });
  const before = process.env['PATH'];
  process.env['PATH'] = path;
  try {
    sync(
      `{ ls '${world.folder}'; stat -c %a "$(dirname "$2")"; } >>'${world.path('log')}'; exec /usr/bin/sync "$@"`,
    );
    await files.copyIn(world.path('from'), world.path('in'), TREE);
    assert.equal(sh('cat "$1"; rm "$1"', world.path('log')), 'bin\nfrom\nlog\n700\n');
    await files.copyOut(world.path('from'), world.path('out'), TREE);
    assert.equal(sh('cat "$1"; rm "$1"', world.path('log')), 'bin\nfrom\nin\nlog\n700\n');
    sync('[ "$2" = / ]');
    const code = /^GUEST_FILE_REFUSED$|^HOST_FILE_REFUSED$/;
    await assert.rejects(files.copyIn(world.path('from'), world.path('lost'), TREE), { code });
    await assert.rejects(files.copyOut(world.path('from'), world.path('lost'), TREE), { code });
  } finally {
    process.env['PATH'] = before;
  }
  assert.ok(!existsSync(world.path('lost')));
  assert.deepEqual(world.leftovers(), []);
});
