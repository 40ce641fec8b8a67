// Words at places of a guest's root disk: written and read inside the guest, and read from images outside.

import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';

const PLACE_BYTES = 8192;
const WORD_BYTES = 512;

/** Of one disk of a guest; each place is 8 KiB after the one before. */
export class DiskMarks {
  readonly #compute: Compute;
  readonly #name: string;
  readonly #device: string;

  constructor(compute: Compute, name: string, device = '/dev/vda') {
    this.#compute = compute;
    this.#name = name;
    this.#device = device;
  }

  async write(word: string, place: number): Promise<void> {
    const stdin = Buffer.alloc(WORD_BYTES);
    stdin.write(word);
    const seek = `seek=${(place * PLACE_BYTES) / WORD_BYTES}`;
    await this.#dd([`of=${this.#device}`, `bs=${WORD_BYTES}`, 'count=1', seek, 'conv=notrunc,fsync'], stdin);
  }

  /** Past the guest's cache. */
  async read(place: number): Promise<string> {
    const drop = 'echo 3 >/proc/sys/vm/drop_caches';
    const { exitCode } = await this.#compute.exec(this.#name, { argv: ['sh', '-c', drop] });
    if (exitCode !== 0) throw new Error('the guest keeps its cache');
    const skip = `skip=${(place * PLACE_BYTES) / WORD_BYTES}`;
    return wordIn(await this.#dd([`if=${this.#device}`, `bs=${WORD_BYTES}`, 'count=1', skip]));
  }

  async #dd(args: readonly string[], stdin?: Buffer): Promise<Buffer> {
    const request = { argv: ['dd', ...args], ...(stdin === undefined ? {} : { stdin }) };
    const { exitCode, stdout, stderr } = await this.#compute.exec(this.#name, request);
    if (exitCode !== 0) throw new Error(`dd in the guest: ${stderr.toString()}`);
    return stdout;
  }
}

/** From a qcow2 that nobody writes to. */
export async function bytesOnImage(path: string, place: number): Promise<string> {
  const at = place * PLACE_BYTES;
  const { stdout } = await runProgram('qemu-io', [
    '-r',
    '-U',
    '-f',
    'qcow2',
    '-c',
    `read -v ${at} ${WORD_BYTES}`,
    path,
  ]);
  const bytes = [...stdout.matchAll(/^[0-9a-f]{8}: {2}((?:[0-9a-f]{2} ){1,16})/gm)].flatMap(([, row = '']) =>
    row
      .trim()
      .split(' ')
      .map((byte) => Number.parseInt(byte, 16)),
  );
  return wordIn(Buffer.from(bytes));
}

/** Other bytes in that place of a qcow2 that nobody has open. */
export async function writeOnImage(path: string, place: number): Promise<void> {
  const at = place * PLACE_BYTES;
  await runProgram('qemu-io', ['-f', 'qcow2', '-c', `write -P 120 ${at} ${WORD_BYTES}`, path]);
}

function wordIn(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString('latin1');
}
