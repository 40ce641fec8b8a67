// What is done inside a guest whose disk has grown, against a guest made of answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GuestDisk, GuestFilesystem } from '../../../../src/guest/index.ts';
import { type GuestAnswer, growFilesystem } from '../../../../src/guest/index.ts';

const GROWN = 2048 * 512;
const ok = (stdout = ''): GuestAnswer => ({ exitCode: 0, stdout, stderr: '' });

class Guest {
  readonly asked: string[] = [];
  readonly disks: readonly GuestDisk[];
  readonly #filesystem: GuestFilesystem | undefined;
  readonly #answers: Readonly<Record<string, GuestAnswer | undefined>>;
  #looks = 0;

  constructor(
    partitions: readonly string[],
    filesystem: Partial<GuestFilesystem> | undefined,
    answers: Readonly<Record<string, GuestAnswer | undefined>>,
  ) {
    this.disks = partitions.map((name) => ({ name, isPartition: true, dependencies: ['/dev/vdb'] }));
    this.#filesystem =
      filesystem === undefined
        ? undefined
        : { name: 'vdb', mountpoint: '/data', type: 'ext4', disks: [], totalBytes: 100, ...filesystem };
    this.#answers = { 'cat /sys/class/block/vdb/size': ok('2048\n'), ...answers };
  }

  readonly run = async (argv: readonly string[]): Promise<GuestAnswer | undefined> => {
    const command = argv.join(' ');
    if (argv[0] !== 'cat') this.asked.push(command);
    return await Promise.resolve(this.#answers[command]);
  };

  /** Larger each time, as after a growth. */
  readonly filesystems = async (): Promise<readonly GuestFilesystem[]> => {
    this.#looks += 1;
    const found = this.#filesystem;
    return await Promise.resolve(found === undefined ? [] : [{ ...found, totalBytes: 100 * this.#looks }]);
  };
}

async function outcomes(guest: Guest, device = '/dev/vdb'): Promise<readonly string[]> {
  const steps = await growFilesystem(guest, { device, sizeBytes: GROWN });
  return steps.map(({ what, name, outcome }) => `${what} ${name} ${outcome}`);
}

test('a filesystem on the whole disk grows by the program of its kind', async () => {
  const commands: readonly [string, string][] = [
    ['ext4', 'resize2fs /dev/vdb'],
    ['xfs', 'xfs_growfs /data'],
    ['btrfs', 'btrfs filesystem resize max /data'],
  ];
  for (const [type, command] of commands) {
    const guest = new Guest([], { type }, { [command]: ok() });
    assert.deepEqual(await outcomes(guest), ['filesystem /data grown']);
    assert.deepEqual(guest.asked, [command]);
  }
});

test('the partition that lies last grows, and then what is on it', async () => {
  const guest = new Guest(
    ['/dev/vdb1', '/dev/vdb15'],
    { name: 'vdb1' },
    {
      'cat /sys/class/block/vdb1/start': ok('262144'),
      'cat /sys/class/block/vdb15/start': ok('2048'),
      'growpart /dev/vdb 1': ok('CHANGED: partition=1'),
      'resize2fs /dev/vdb1': ok(),
    },
  );
  assert.deepEqual(await outcomes(guest), ['partition /dev/vdb1 grown', 'filesystem /data grown']);
});

test('a partition that fills the disk already is no failure', async () => {
  const guest = new Guest(
    ['/dev/vdb1'],
    { name: 'vdb1' },
    {
      'cat /sys/class/block/vdb1/start': ok('2048'),
      'growpart /dev/vdb 1': { exitCode: 1, stdout: 'NOCHANGE: partition 1', stderr: '' },
      'resize2fs /dev/vdb1': ok(),
    },
  );
  assert.deepEqual(await outcomes(guest), ['partition /dev/vdb1 unchanged', 'filesystem /data grown']);
});

test('what is missing or fails in the guest is told, and nothing is done after it', async () => {
  const start = { 'cat /sys/class/block/vdb1/start': ok('2048') };
  assert.deepEqual(await outcomes(new Guest(['/dev/vdb1'], { name: 'vdb1' }, start)), [
    'partition /dev/vdb1 not-done',
  ]);
  assert.deepEqual(await outcomes(new Guest([], undefined, {})), ['filesystem /dev/vdb not-done']);
  assert.deepEqual(await outcomes(new Guest([], { type: 'ntfs' }, {})), ['filesystem /data not-done']);
  const broken = { 'resize2fs /dev/vdb': { exitCode: 1, stdout: '', stderr: 'bad superblock' } };
  const steps = await growFilesystem(new Guest([], {}, broken), { device: '/dev/vdb', sizeBytes: GROWN });
  assert.match(steps[0]?.why ?? '', /resize2fs ended with 1: bad superblock/);
});

test('names that are no devices and mount points with control characters become no arguments', async () => {
  const evil = new Guest([], { mountpoint: '/a\u0007b', type: 'xfs' }, {});
  assert.deepEqual(await outcomes(evil), ['filesystem /a\u0007b not-done']);
  for (const device of ['-rf', '/dev/../etc/passwd;x', '/dev/vdb --help']) {
    const guest = new Guest([], {}, {});
    assert.deepEqual(await outcomes(guest, device), [`disk ${device} not-done`]);
    assert.deepEqual(guest.asked, []);
  }
  const hostile = new Guest(['/dev/vdb1 -x'], { name: 'vdb1' }, {});
  assert.deepEqual(await outcomes(hostile), ['partition /dev/vdb1 -x not-done']);
});
