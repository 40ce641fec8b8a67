// Files into a guest and out of it over a lane, beside a raw port, scp over a NIC, and tar over a warm ssh.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { runProgram } from '../../src/hostlink/index.ts';
import { BridgeGuest } from './bridge-guest.ts';
import { type Bench, compared, type Measurement, median, timed } from './measure.ts';

const MIB = 1024 ** 2;
const SIZE = 256 * MIB;
const FILES = 1000;
const ROUNDS = 3;

export const run: Bench = async () => {
  const folder = await mkdtemp('/dev/shm/novalet-bench-'); // no disk of the host's in between
  try {
    await using guest = await BridgeGuest.boot();
    return [...(await measureOneFile(guest, folder)), ...(await measureManyFiles(guest, folder))];
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Rates in MiB/s; a ratio above 1 is quicker than the baseline. */
function rate(name: string, ours: readonly number[], baseline: readonly number[], goal: number): Measurement {
  const perSecond = (times: readonly number[]) => SIZE / MIB / (median(times) / 1000);
  return {
    ...compared(name, { unit: 'MiB/s', ours: perSecond(ours), baseline: perSecond(baseline), goal }),
    atLeast: true,
  };
}

async function measureOneFile(guest: BridgeGuest, folder: string): Promise<readonly Measurement[]> {
  const { files } = await guest.over('lane');
  const source = join(folder, 'source');
  const target = join(folder, 'target');
  await writeFile(source, randomBytes(SIZE));
  const inside = '/dev/shm/file';
  const times = {
    in: [] as number[],
    inVerified: [] as number[],
    inRaw: [] as number[],
    inScp: [] as number[],
    out: [] as number[],
    outVerified: [] as number[],
    outRaw: [] as number[],
    outScp: [] as number[],
  };
  await using raw = await guest.rawPort();
  for (let round = 0; round < ROUNDS; round += 1) {
    times.inRaw.push(await timed(() => rawIn(guest, raw, { source, inside })));
    times.in.push(await timed(() => files.copyIn(source, inside, { verify: false })));
    times.inVerified.push(await timed(() => files.copyIn(source, inside)));
    times.inScp.push(await timed(() => scp(guest, source, `root@${guest.address}:${inside}`)));
    times.outRaw.push(await timed(() => rawOut(guest, raw, { inside, target })));
    times.out.push(await timed(() => files.copyOut(inside, target, { verify: false })));
    times.outVerified.push(await timed(() => files.copyOut(inside, target)));
    times.outScp.push(await timed(() => scp(guest, `root@${guest.address}:${inside}`, target)));
    await rm(target);
  }
  return [
    rate('256 MiB in over a lane, against a raw port', times.in, times.inRaw, 0.6),
    rate('256 MiB in, verified by checksum, against a raw port', times.inVerified, times.inRaw, 0.3),
    rate('256 MiB in, verified, against scp over a NIC', times.inVerified, times.inScp, 1),
    rate('256 MiB out over a lane, against a raw port', times.out, times.outRaw, 0.6),
    rate('256 MiB out, verified by checksum, against a raw port', times.outVerified, times.outRaw, 0.3),
    rate('256 MiB out, verified, against scp over a NIC', times.outVerified, times.outScp, 1),
  ];
}

async function scp(guest: BridgeGuest, from: string, to: string): Promise<void> {
  await runProgram('scp', ['-q', ...guest.sshOptions, from, to], { timeoutMs: 300_000 });
}

type RawPort = Awaited<ReturnType<BridgeGuest['rawPort']>>;

async function rawIn(
  guest: BridgeGuest,
  raw: RawPort,
  { source, inside }: { source: string; inside: string },
): Promise<void> {
  const script = 'head -c "$1" <"$2" >"$3"';
  const argv = ['/bin/sh', '-c', script, 'sh', String(SIZE), raw.device, inside];
  const taken = guest.compute.exec(guest.id, { argv, via: 'agent', timeoutMs: 300_000 });
  await pipeline(createReadStream(source, { highWaterMark: MIB }), raw.socket, { end: false });
  await taken;
}

async function rawOut(
  guest: BridgeGuest,
  raw: RawPort,
  { inside, target }: { inside: string; target: string },
): Promise<void> {
  const argv = ['/bin/sh', '-c', 'cat "$1" >"$2"', 'sh', inside, raw.device];
  const sent = guest.compute.exec(guest.id, { argv, via: 'agent', timeoutMs: 300_000 });
  const file = createWriteStream(target);
  let left = SIZE;
  for await (const chunk of raw.socket.iterator({ destroyOnReturn: false })) {
    left -= chunk.length;
    if (!file.write(chunk)) await once(file, 'drain');
    if (left <= 0) break;
  }
  file.end();
  await once(file, 'close');
  await sent;
}

async function measureManyFiles(guest: BridgeGuest, folder: string): Promise<readonly Measurement[]> {
  const { files } = await guest.over('lane');
  const tree = join(folder, 'tree');
  await mkdir(tree);
  for (let at = 0; at < FILES; at += 1) await writeFile(join(tree, `file-${at}`), randomBytes(4096));
  const ours: number[] = [];
  const tar: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await timed(() => files.copyIn(tree, `/dev/shm/ours-${round}`, { recursive: true })));
    const unpack = `mkdir /dev/shm/tar-${round} && tar -xf - -C /dev/shm/tar-${round}`;
    const words = [
      '-c',
      'from=$1 unpack=$2; shift 2; tar -cf - -C "$from" . | ssh "$@" "$unpack"',
      'sh',
      tree,
      unpack,
    ];
    tar.push(await timed(() => runProgram('bash', [...words, ...guest.sshOptions, `root@${guest.address}`])));
  }
  return [
    {
      ...compared('1,000 files of 4 KiB in over a lane, against tar over a warm ssh', {
        unit: '/s',
        ours: FILES / (median(ours) / 1000),
        baseline: FILES / (median(tar) / 1000),
        goal: 0.8,
      }),
      atLeast: true,
    },
  ];
}
