// Looking at an image before any program opens it: which format its bytes are in, and what in it is dangerous.
// Reads at most a few hundred KiB, follows nothing the image points at. Rules: Nova, virt/images.py and oslo.utils.
import { isFault } from '../../base/index.ts';
import { type ByteSource, withFileSource } from './byte-source.ts';
import {
  type DetectedFormat,
  type FormatFacts,
  type FormatProbe,
  HEAD_BYTES,
  type ImageFinding,
  SECTOR,
} from './format-probe.ts';
import { vhdProbe, vhdxProbe } from './microsoft-disks.ts';
import { partitionedProbe } from './partitioned-disk.ts';
import { qcow2Probe } from './qcow2.ts';
import { isoProbe, luksProbe, qedProbe, vdiProbe } from './simple-formats.ts';
import { vmdkProbe } from './vmdk.ts';

const PROBES: readonly FormatProbe[] = [
  qcow2Probe,
  qedProbe,
  vmdkProbe,
  vdiProbe,
  vhdProbe,
  vhdxProbe,
  luksProbe,
  isoProbe,
  partitionedProbe,
];

export interface ImageInspection {
  /** The format, or null where the bytes carry the marks of more than one. */
  readonly format: DetectedFormat | null;
  /** Every format whose mark is there; empty for raw. A bootable CD is both `iso` and `gpt`, and counts as `iso`. */
  readonly marks: readonly DetectedFormat[];
  /** Bytes of the disk that a guest would see; 0 where the header does not tell. */
  readonly virtualSizeBytes: number;
  readonly sizeBytes: number;
  /** Why the image must not be used; empty when nothing speaks against it. */
  readonly findings: readonly ImageFinding[];
}

/** Inspects the file at `path`. Throws `FILE_MISSING`, `FILE_DENIED`, `FILE_NOT_REGULAR`; a bad image is a value. */
export async function inspectImage(path: string): Promise<ImageInspection> {
  return await withFileSource(path, inspectSource);
}

/** The same over any source of bytes. */
export async function inspectSource(source: ByteSource): Promise<ImageInspection> {
  const { sizeBytes } = source;
  const head = await source.read(0, HEAD_BYTES);
  const tail = await source.read(Math.max(0, sizeBytes - SECTOR), SECTOR);
  const ends = { sizeBytes, head, tail };
  const found = PROBES.filter((probe) => probe.matches(ends));
  const marks = found.map((probe) => probe.format);
  const probe = chooseProbe(found);
  if (found.length === 0) {
    return { format: 'raw', marks, virtualSizeBytes: sizeBytes, sizeBytes, findings: [] };
  }
  if (probe === undefined) return { format: null, marks, virtualSizeBytes: 0, sizeBytes, findings: [] };
  const facts = await readFacts(() => probe.read(source, ends));
  return { format: probe.format, marks, sizeBytes, ...facts };
}

function chooseProbe(found: readonly FormatProbe[]): FormatProbe | undefined {
  const [first, second] = found;
  if (found.length === 2 && first?.format === 'iso' && second?.format === 'gpt') return first;
  return found.length === 1 ? first : undefined;
}

async function readFacts(read: () => Promise<FormatFacts>): Promise<FormatFacts> {
  try {
    return await read();
  } catch (error) {
    if (!isFault(error, 'IMAGE_CORRUPT')) throw error;
    return { virtualSizeBytes: 0, findings: [{ code: 'IMAGE_CORRUPT', message: error.message }] };
  }
}
