// 10,000 packets that were sound once, bent by a seeded generator, on the sanitized SFTP server.
// Every run says its seed; NOVALET_TEST_SEED repeats it.
import assert from 'node:assert/strict';
import { chown, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { attributes, FXP, INIT, OPEN, packet, type Reply, text, u32, u64, type Wanted } from './sftp-wire.ts';
import { SftpWorld, treeOf } from './sftp-world.ts';

const PACKETS_A_SESSION = 25;
const SESSIONS_A_ROUND = 100;
const PACKET_MAX = 256 * 1024;
const SEED = Number(process.env['NOVALET_TEST_SEED'] ?? Date.now() % 2 ** 31);
const NOBODY = 65_534; // root must not lend its powers to a fuzzer

let world: SftpWorld;

before(async () => {
  world = await SftpWorld.make();
});
after(async () => await world[Symbol.asyncDispose]());

/** Names below the server's home, and some that are none. None leads out: what is outside must stay as it was. */
const PATHS = [
  '',
  '.',
  'f',
  'd',
  'd/x',
  'l',
  'loop',
  'new',
  'd/new',
  'f/x',
  'none/x',
  'é\u0001\n',
  'n'.repeat(300),
  'p/'.repeat(2500),
];
const path = fc.constantFrom(...PATHS).map(text);
const number = fc.oneof(
  fc.nat(40),
  fc.nat(0xffff_ffff),
  fc.constantFrom(0xffff_ffff, 0x8000_0000, 0x7fff_ffff),
);
const int = number.map(u32);
/** Small enough to fill no disk, or too large for any. */
const long = fc.oneof(fc.bigInt(0n, 100_000n), fc.bigInt(2n ** 63n - 300n, 2n ** 64n - 1n)).map(u64);
/** The handles that a server gives first, and others. */
const handle = fc
  .tuple(fc.nat(3), fc.oneof(fc.bigInt(1n, 8n), fc.bigInt(0n, 2n ** 64n - 1n)))
  .map(([place, serial]) => text(Buffer.concat([u32(place), u64(serial)])));
const data = fc.uint8Array({ maxLength: 400 }).map((bytes) => text(Buffer.from(bytes)));
const wanted: fc.Arbitrary<Wanted> = fc.record(
  {
    size: fc.bigInt(0n, 100_000n),
    owner: fc.tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff)),
    mode: fc.nat(0o177_777),
    times: fc.tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff)),
  },
  { requiredKeys: [] },
);
const attrs = wanted.map(attributes);
const flags = fc.nat(63).map(u32);

const SHAPES: Readonly<Record<number, readonly fc.Arbitrary<Buffer>[]>> = {
  [FXP.OPEN]: [path, flags, attrs],
  [FXP.CLOSE]: [handle],
  [FXP.READ]: [handle, long, int],
  [FXP.WRITE]: [handle, long, data],
  [FXP.LSTAT]: [path],
  [FXP.FSTAT]: [handle],
  [FXP.SETSTAT]: [path, attrs],
  [FXP.FSETSTAT]: [handle, attrs],
  [FXP.OPENDIR]: [path],
  [FXP.READDIR]: [handle],
  [FXP.REMOVE]: [path],
  [FXP.MKDIR]: [path, attrs],
  [FXP.RMDIR]: [path],
  [FXP.REALPATH]: [path],
  [FXP.STAT]: [path],
  [FXP.RENAME]: [path, path],
  [FXP.READLINK]: [path],
  [FXP.SYMLINK]: [path, path],
};
const EXTENSIONS: Readonly<Record<string, readonly fc.Arbitrary<Buffer>[]>> = {
  'posix-rename@openssh.com': [path, path],
  'hardlink@openssh.com': [path, path],
  'statvfs@openssh.com': [path],
  'fstatvfs@openssh.com': [handle],
  'fsync@openssh.com': [handle],
  'lsetstat@openssh.com': [path, attrs],
  'limits@openssh.com': [],
  'expand-path@openssh.com': [path],
  'home-directory': [fc.constantFrom('', 'root', 'x'.repeat(5000)).map(text)],
  'users-groups-by-id@openssh.com': [data, data],
  'none@example.org': [data],
};

const request = fc.oneof(
  ...Object.entries(SHAPES).map(([type, fields]) =>
    fc.tuple(fc.nat(0xffff_ffff), ...fields).map(([id, ...rest]) => packet(Number(type), id, ...rest)),
  ),
  ...Object.entries(EXTENSIONS).map(([name, fields]) =>
    fc
      .tuple(fc.nat(0xffff_ffff), ...fields)
      .map(([id, ...rest]) => packet(FXP.EXTENDED, id, text(name), ...rest)),
  ),
);

/** One in three stays as it is; the others lose, gain or change bytes, most often with the length kept true. */
const bent = fc
  .tuple(request, fc.nat(11), fc.nat(), fc.nat(255), fc.uint8Array({ maxLength: 30 }))
  .map(([whole, how, place, value, more]) => {
    const body = Buffer.from(whole.subarray(4));
    const at = place % body.length;
    switch (how) {
      case 0:
      case 1:
      case 2:
        body.writeUInt8(value, at);
        return text(body);
      case 3:
        body.writeUInt8(body.readUInt8(at) ^ (1 << (value % 8)), at);
        return text(body);
      case 4:
        return text(body.subarray(0, at));
      case 5:
        return text(Buffer.concat([body.subarray(0, at), Buffer.from(more), body.subarray(at)]));
      case 6:
        return Buffer.concat([u32((whole.readUInt32BE(0) + value - 128) >>> 0), body]);
      case 7:
        return Buffer.from(more);
      default:
        return whole;
    }
  });

/** Slashes that bending made may lead out of the home only where it is asked for: by a name beginning with them. */
const leadsOut = (bytes: Buffer): boolean => /(?:^|[^\w])\/|\.\.|~/.test(bytes.toString('latin1'));

const session = fc.array(
  bent.filter((bytes) => !leadsOut(bytes)),
  { minLength: PACKETS_A_SESSION, maxLength: PACKETS_A_SESSION },
);

/** The numbers of the requests that a server finds in these bytes, in order, as far as lengths can be believed. */
function idsIn(bytes: Buffer): number[] {
  const ids: number[] = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (length > PACKET_MAX || length < 5 || at + 4 + length > bytes.length) break;
    ids.push(bytes.readUInt32BE(at + 5));
    at += 4 + length;
  }
  return ids;
}

const ANSWERS: readonly number[] = [
  FXP.STATUS,
  FXP.HANDLE,
  FXP.DATA,
  FXP.NAME,
  FXP.ATTRS,
  FXP.EXTENDED_REPLY,
];

/** Runs one session and holds the answers to the order of the questions. Gives how many bent packets the server looked at. */
async function run(packets: readonly Buffer[], home: string, readOnly: boolean): Promise<number> {
  const account = process.getuid?.() === 0 ? { account: NOBODY } : {};
  const client = world.startSilent({ home, readOnly, ...account });
  const bytes = Buffer.concat([...packets]);
  client.send(INIT, bytes);
  const { status, replies } = await client.end();
  assert.ok(status === 0 || status === 1, `ended with ${status}`);
  const [greeting, ...answers] = replies;
  assert.equal(greeting?.type, FXP.VERSION);
  const ids = idsIn(bytes);
  assert.deepEqual(
    answers.map(({ id }: Reply) => id),
    ids.slice(0, answers.length),
  );
  assert.ok(answers.every(({ type }) => ANSWERS.includes(type)));
  if (status === 0) assert.equal(answers.length, ids.length);
  return answers.length - OPENING.length + (status === 1 ? 1 : 0);
}

async function plant(home: string): Promise<void> {
  await rm(home, { recursive: true, force: true });
  await mkdir(join(home, 'd'), { recursive: true });
  await writeFile(join(home, 'f'), 'content');
  await writeFile(join(home, 'd', 'x'), 'x'.repeat(5000));
  await symlink('d/x', join(home, 'l'));
  await symlink('loop', join(home, 'loop'));
  if (process.getuid?.() !== 0) return;
  for (const name of ['', 'd', 'f', 'd/x']) await chown(join(home, name), NOBODY, NOBODY);
}

/** Opens what the handles above name, so that bent requests meet open files. */
const OPENING = [
  packet(FXP.OPEN, 1, text('f'), u32(OPEN.READ), attributes()),
  packet(FXP.OPENDIR, 2, text('d'), attributes()),
  packet(FXP.OPEN, 3, text('d/x'), u32(OPEN.READ | OPEN.WRITE), attributes()),
];

/** Runs sessions until the server has looked at so many packets: one that breaks the protocol ends its session. */
async function bend(
  count: number,
  runSession: (packets: readonly Buffer[]) => Promise<number>,
): Promise<void> {
  let seen = 0;
  for (let round = 0; seen < count; round++) {
    const before = seen;
    for (const packets of fc.sample(session, { numRuns: SESSIONS_A_ROUND, seed: SEED + round })) {
      if (seen < count) seen += await runSession([...OPENING, ...packets]);
    }
    assert.ok(seen >= before + SESSIONS_A_ROUND || seen >= count, 'hardly a packet is understood');
  }
}

test('10,000 bent packets find no memory error, always an end, answers in order, and touch nothing outside', async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const [home, outside] = [join(world.folder, 'bent'), join(world.folder, 'outside')];
  await plant(outside);
  const untouched = await treeOf(outside, true);
  await bend(10_000, async (packets) => {
    await plant(home);
    return await run(packets, home, false);
  });
  assert.deepEqual(await treeOf(outside, true), untouched);
});

test('2,500 bent packets change nothing where only reading is allowed', async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const home = join(world.folder, 'read-only');
  await plant(home);
  const untouched = await treeOf(home, true);
  await bend(2_500, (packets) => run(packets, home, true));
  assert.deepEqual(await treeOf(home, true), untouched);
});
