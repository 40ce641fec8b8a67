// What the guest's programs can do, found by trying, once a road. Never by a version's text.
import type { ScriptRunner } from './script-runner.ts';
import { PROBE } from './scripts.ts';

export interface GuestTools {
  /** find writes records itself. */
  readonly hasPrintf: boolean;
  /** tar reads and writes pax archives: times to the nanosecond, sparse files, names from a file. */
  readonly hasPosixTar: boolean;
  /** And extended attributes and access lists. */
  readonly hasXattrs: boolean;
  readonly digest: DigestProgram | undefined;
}

export interface DigestProgram {
  readonly program: 'b2sum' | 'sha256sum';
  readonly algorithm: 'blake2b512' | 'sha256';
}

export const B2SUM: DigestProgram = { program: 'b2sum', algorithm: 'blake2b512' };
export const SHA256SUM: DigestProgram = { program: 'sha256sum', algorithm: 'sha256' };

export async function probeTools(runner: ScriptRunner): Promise<GuestTools> {
  const words = await runner.words({ script: PROBE, arguments: [], act: 'look for programs in', path: '/' });
  return {
    hasPrintf: words.includes('printf'),
    hasPosixTar: words.includes('posix'),
    hasXattrs: words.includes('xattrs'),
    digest: words.includes('b2sum') ? B2SUM : words.includes('sha256sum') ? SHA256SUM : undefined,
  };
}
