// The header of a qcow2 image. Rules: QEMU, docs/interop/qcow2.txt; what is refused follows Nova (CVE-2024-32498).
import type { ByteSource } from './byte-source.ts';
import {
  corrupt,
  type FormatFacts,
  type FormatProbe,
  type ImageFinding,
  readExactly,
  sane,
} from './format-probe.ts';

const MAGIC = 0x514649fb;
const V2_HEADER = 72;
const V3_HEADER = 104;
const DATA_FILE_BIT = 1n << 2n;
const CORRUPT_BIT = 1n << 1n;
/** Dirty, corrupt, data file, compression type; extended L2 entries (bit 4) are refused as Nova refuses them. */
const KNOWN_INCOMPATIBLE = 0b1111n;
const END_OF_EXTENSIONS = 0;
const DATA_FILE_NAME = 0x44415441;
const MAX_EXTENSIONS = 64;

export const qcow2Probe: FormatProbe = {
  format: 'qcow2',
  matches: ({ head }) => head.length >= 4 && head.readUInt32BE(0) === MAGIC,
  read: readQcow2,
};

async function readQcow2(source: ByteSource): Promise<FormatFacts> {
  const header = await readExactly(source, 0, V2_HEADER, 'qcow2 header');
  const findings: ImageFinding[] = [];
  const version = header.readUInt32BE(4);
  if (version !== 2 && version !== 3) {
    findings.push({
      code: 'IMAGE_UNSAFE',
      message: `is a qcow2 of version ${version}; only 2 and 3 are read`,
    });
    return { virtualSizeBytes: 0, findings };
  }
  if (header.readBigUInt64BE(8) !== 0n) {
    findings.push({ code: 'IMAGE_HAS_BACKING_FILE', message: 'names a backing file' });
  }
  if (header.readUInt32BE(32) !== 0) {
    findings.push({ code: 'IMAGE_ENCRYPTED', message: 'is an encrypted qcow2' });
  }
  const clusterBits = header.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) throw corrupt(`claims clusters of 2^${clusterBits} bytes`);
  const virtualSizeBytes = sane(header.readBigUInt64BE(24), 'virtual size');
  let headerLength = V2_HEADER;
  if (version === 3) {
    const more = await readExactly(source, V2_HEADER, V3_HEADER - V2_HEADER, 'qcow2 header');
    findings.push(...featureFindings(more.readBigUInt64BE(0)));
    headerLength = more.readUInt32BE(28);
    if (headerLength < V3_HEADER || headerLength > 2 ** clusterBits) {
      throw corrupt(`claims a header of ${headerLength} bytes`);
    }
  }
  if (await namesDataFile(source, headerLength, 2 ** clusterBits)) {
    findings.push({ code: 'IMAGE_HAS_DATA_FILE', message: 'names an external data file' });
  }
  return { virtualSizeBytes, findings };
}

function featureFindings(incompatible: bigint): ImageFinding[] {
  const findings: ImageFinding[] = [];
  if ((incompatible & DATA_FILE_BIT) !== 0n) {
    findings.push({ code: 'IMAGE_HAS_DATA_FILE', message: 'keeps its data in an external data file' });
  }
  if ((incompatible & ~KNOWN_INCOMPATIBLE) !== 0n) {
    findings.push({
      code: 'IMAGE_UNSAFE',
      message: `needs qcow2 features that are not allowed (0x${incompatible.toString(16)})`,
    });
  }
  if ((incompatible & CORRUPT_BIT) !== 0n) {
    findings.push({ code: 'IMAGE_CORRUPT', message: 'is marked corrupt by QEMU' });
  }
  return findings;
}

/** Walks the header extensions, which end with type 0 or with the first cluster. */
async function namesDataFile(source: ByteSource, start: number, clusterBytes: number): Promise<boolean> {
  let at = start;
  for (
    let count = 0;
    count < MAX_EXTENSIONS && at + 8 <= Math.min(clusterBytes, source.sizeBytes);
    count += 1
  ) {
    const extension = await readExactly(source, at, 8, 'qcow2 header extension');
    const type = extension.readUInt32BE(0);
    if (type === END_OF_EXTENSIONS) return false;
    if (type === DATA_FILE_NAME) return true;
    at += 8 + Math.ceil(extension.readUInt32BE(4) / 8) * 8;
  }
  return false;
}
