// Boots 512 bytes under an accelerator and sees whether they run. What they do is what a 64-bit kernel does first, and
// what a KVM that only half works never finishes. x86 only: the machine code is the processor's.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFault } from '../base/index.ts';
import { ProgramFault, runProgram } from '../hostlink/index.ts';

/** `refused`: QEMU ended by itself with something else, for example since it may not open /dev/kvm. */
export type ProbeResult = 'works' | 'hangs' | 'refused';

export interface ProbeRequest {
  /** QEMU's binary for x86. */
  readonly emulator: string;
  readonly accelerator: 'kvm' | 'tcg';
  /** Emulated it takes a tenth of a second. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Intel SDM volume 3, "Initializing IA-32e Mode"; assembled with GNU as for address 0x7c00. */
const BOOT_SECTOR = [
  'fa 31c0 8ed8 8ec0 8ed0 bc007c fc', //            cli; ax = ds = es = ss = 0; sp = 0x7c00; cld
  'bf0010 b90018 f3ab', //                          clear 0x1000 to 0x3fff, the page tables
  '66c706001003200000', //                          level 4, entry 0 -> 0x2000
  '66c706002003300000', //                          level 3, entry 0 -> 0x3000
  '66c706003083000000', //                          level 2, entry 0: the first 2 MiB as they are
  '66b800100000 0f22d8', //                         cr3 = 0x1000
  '0f20e0 6683c820 0f22e0', //                      cr4 |= PAE
  '66b9800000c0 0f32 660d00010000 0f30', //         EFER |= LME
  '660f0116907c', //                                lgdt at 0x7c90
  '0f20c0 660d01000080 0f22c0', //                  cr0 |= PE | PG
  '66ea6d7c00000800', //                            jump to 64-bit code at 0x7c6d
  '31c0 0fa2', //                                   cpuid, which always leaves the guest
  '66baf400 b02a ee', //                            out 0xf4, 0x2a: isa-debug-exit
  'f4 ebfd', //                                     hlt, again and again
  '0f1f4400 00', //                                 padding to 0x7c80
  '0000000000000000 ffff0000009aaf00', //           GDT: null, 64-bit code
  '0f00 807c0000', //                               its size and address
].join('');

/** isa-debug-exit ends QEMU with (value << 1) | 1. */
const EXIT_STATUS = (0x2a << 1) | 1;

/** Runs as this process's user, with no disk, no network and no display. Throws `PROGRAM_MISSING` or `CANCELLED`. */
export async function probeAccelerator(request: ProbeRequest): Promise<ProbeResult> {
  const directory = await mkdtemp(join(tmpdir(), 'novalet-probe-'));
  try {
    const path = join(directory, 'boot.img');
    await writeFile(path, bootSector());
    return await boot(request, path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function bootSector(): Buffer {
  const sector = Buffer.alloc(512);
  sector.set(Buffer.from(BOOT_SECTOR.replaceAll(' ', ''), 'hex'));
  sector.set([0x55, 0xaa], 510);
  return sector;
}

async function boot(
  { emulator, accelerator, timeoutMs, signal }: ProbeRequest,
  path: string,
): Promise<ProbeResult> {
  const args = [
    ...['-accel', accelerator, '-machine', 'pc', '-m', '16', '-nodefaults', '-no-user-config'],
    ...['-display', 'none', '-no-reboot', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4'],
    ...['-drive', `file=${path},format=raw,if=floppy`],
  ];
  try {
    await runProgram(emulator, args, { timeoutMs, signal });
    return 'refused';
  } catch (error) {
    if (isFault(error, 'PROGRAM_TIMEOUT')) return 'hangs';
    if (!(error instanceof ProgramFault) || error.code !== 'PROGRAM_FAILED') throw error;
    return error.exitCode === EXIT_STATUS ? 'works' : 'refused';
  }
}
