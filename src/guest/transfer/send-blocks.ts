// A file with holes into a guest whose tar knows none: the blocks that hold something go to a script, each run of them
// with its place, and the script leaves the rest out.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Act, GuestSide } from './guest-side.ts';
import { hostBytes } from './host-side.ts';
import type { Meter } from './meter.ts';
import { corrupt, statusFault } from './script-faults.ts';
import { asBytes, cancelled, watchFor } from './script-runner.ts';
import { WRITE_BLOCKS } from './tree-scripts.ts';

const BLOCK = 65_536;
const READ_AT_ONCE = 16 * BLOCK;

interface Sending extends Act {
  /** On this host. */
  readonly path: string;
  /** In the guest; it is made. */
  readonly temporary: string;
  readonly meter: Meter;
  readonly verify: boolean;
}

/** True when the digests were compared and are the same. */
export async function sendBlocks(side: GuestSide, sending: Sending): Promise<boolean> {
  const { path, temporary, meter, verify, user, signal } = sending;
  const program = verify ? await side.digestProgram(temporary) : undefined;
  const hash = createHash(program?.algorithm ?? 'sha256');
  const call = { script: WRITE_BLOCKS, arguments: [temporary], act: 'write', path: temporary, user, signal };
  await using process = await side.runner.start(call, true);
  const watch = watchFor(process, signal);
  const ended = side.runner.end(process);
  ended.catch(() => undefined); // told where it is waited for
  process.stdout.resume();
  const see = (piece: Buffer) => void hash.update(piece);
  const broken = await pipeline(runsOf(path, see), meter.through(), process.stdin).then(
    () => undefined,
    (error: unknown) => error,
  );
  watch.stop();
  if (signal?.aborted) throw cancelled(signal);
  const { exitCode, status, complaint } = await ended;
  if (exitCode !== 0 && exitCode !== null) throw statusFault(exitCode, { ...call, status, complaint });
  if (broken !== undefined) throw broken;
  if (program === undefined) return false;
  const there = await side.digestOf(temporary, program.algorithm, { user, signal });
  if (there.hex !== hash.digest('hex')) throw corrupt(temporary, 'The digest');
  return true;
}

/** As WRITE_BLOCKS reads it. */
async function* runsOf(path: string, see: (piece: Buffer) => void): AsyncGenerator<Buffer> {
  const zeros = Buffer.alloc(BLOCK);
  let size = 0;
  for await (const piece of createReadStream(hostBytes(path), { highWaterMark: READ_AT_ONCE })) {
    const bytes = asBytes(piece);
    see(bytes);
    const padded =
      bytes.length % BLOCK === 0 ? bytes : Buffer.concat([bytes], Math.ceil(bytes.length / BLOCK) * BLOCK);
    let begin = 0;
    for (let at = 0; at < padded.length; at += BLOCK) {
      if (!padded.subarray(at, at + BLOCK).equals(zeros)) continue;
      if (at > begin) yield run(size + begin, padded.subarray(begin, at));
      begin = at + BLOCK;
    }
    if (padded.length > begin) yield run(size + begin, padded.subarray(begin));
    size += bytes.length;
  }
  yield Buffer.from(`end ${size}\n`);
}

function run(at: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${at / BLOCK} ${data.length / BLOCK}\n`), data]);
}
