// The head of an ELF program: for which machine it is, and which loader it names. Knows nothing of what is in it.
// Source: System V ABI, "ELF Header" and "Program Header".

export interface ElfHead {
  /** As `uname -m` and libvirt say it: `x86_64`, `aarch64` … */
  readonly arch: string;
  /** Absolute path of the loader; null for a static program. */
  readonly interpreter: string | null;
}

/** How many bytes `readElfHead` wants at most: the program headers and the loader's name stand at the beginning. */
export const ELF_HEAD_BYTES = 65_536;

const PT_INTERP = 3;
const PROGRAM_HEADERS_MAX = 64;
const PATH_MAX = 255;

/** By `e_machine`, 64 bits and little-endian. */
const LITTLE: ReadonlyMap<number, string> = new Map([
  [62, 'x86_64'],
  [183, 'aarch64'],
  [21, 'ppc64le'],
  [243, 'riscv64'],
  [258, 'loongarch64'],
]);
const BIG: ReadonlyMap<number, string> = new Map([
  [22, 's390x'],
  [21, 'ppc64'],
]);

/** Null where it is no ELF program of 64 bits for a machine that is known here. `head` is the beginning of the file. */
export function readElfHead(head: Uint8Array): ElfHead | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 64 || view.getUint32(0) !== 0x7f454c46 || head[4] !== 2) return null;
  const isLittle = head[5] === 1;
  const arch = (isLittle ? LITTLE : BIG).get(view.getUint16(18, isLittle));
  if (arch === undefined) return null;
  const headers = { view, isLittle, start: offsetAt(view, 32, isLittle), size: view.getUint16(54, isLittle) };
  const count = view.getUint16(56, isLittle);
  if (headers.size < 56 || count > PROGRAM_HEADERS_MAX) return null;
  if (headers.start + count * headers.size > head.length) return null;
  for (let index = 0; index < count; index += 1) {
    const at = headers.start + index * headers.size;
    if (view.getUint32(at, isLittle) !== PT_INTERP) continue;
    const interpreter = pathAt(head, offsetAt(view, at + 8, isLittle), offsetAt(view, at + 32, isLittle));
    return interpreter === null ? null : { arch, interpreter };
  }
  return { arch, interpreter: null };
}

/** A 64-bit offset; one that no number holds is past every end. */
function offsetAt(view: DataView, at: number, isLittle: boolean): number {
  const value = view.getBigUint64(at, isLittle);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

/** A path that ends in NUL. */
function pathAt(head: Uint8Array, at: number, sizeBytes: number): string | null {
  if (sizeBytes < 2 || sizeBytes > PATH_MAX + 1 || at + sizeBytes > head.length) return null;
  const path = Buffer.from(head.subarray(at, at + sizeBytes - 1)).toString('latin1');
  return /^\/[\x21-\x7e]+$/.test(path) ? path : null;
}
