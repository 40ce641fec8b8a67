// A sparse VMDK: its binary header and its text descriptor. Rules: VMware's Virtual Disk Format 1.1; what is refused
// follows Nova (CVE-2022-47951, CVE-2024-40767): one file, no parent, no extent elsewhere.
import type { ByteSource } from './byte-source.ts';
import {
  corrupt,
  type FileEnds,
  type FormatFacts,
  type FormatProbe,
  type ImageFinding,
  readExactly,
  SECTOR,
  sane,
} from './format-probe.ts';

const MAX_DESCRIPTOR = 2 ** 20 - 1;
const DIRECTORY_AT_END = 0xffff_ffff_ffff_ffffn;
const CREATE_TYPES: readonly string[] = ['monolithicsparse', 'streamoptimized'];
const FIELDS: ReadonlySet<string> = new Set([
  'version',
  'encoding',
  'cid',
  'parentcid',
  'isnativesnapshot',
  'createtype',
  'changetrackpath',
]);
const EXTENT = /^(rw|rdonly|noaccess) \d+ sparse "[^"/]*"$/;

export const vmdkProbe: FormatProbe = {
  format: 'vmdk',
  matches: ({ head }) =>
    ['KDMV', 'COWD'].includes(head.toString('latin1', 0, 4)) ||
    head.toString('latin1', 0, 21).toLowerCase() === '# disk descriptorfile',
  read: readVmdk,
};

async function readVmdk(source: ByteSource, { head }: FileEnds): Promise<FormatFacts> {
  if (head.toString('latin1', 0, 4) !== 'KDMV') {
    return unsafe(
      0,
      'is a vmdk whose data lie in other files (only monolithicSparse and streamOptimized are read)',
    );
  }
  const header = await readExactly(source, 0, SECTOR, 'vmdk header');
  const version = header.readUInt32LE(4);
  if (version < 1 || version > 3) return unsafe(0, `is a vmdk of version ${version}`);
  const virtualSizeBytes = sane(header.readBigUInt64LE(12) * BigInt(SECTOR), 'virtual size');
  const descriptorOffset = sane(header.readBigUInt64LE(28) * BigInt(SECTOR), 'descriptor offset');
  const descriptorBytes = sane(header.readBigUInt64LE(36) * BigInt(SECTOR), 'descriptor size');
  if (descriptorOffset !== SECTOR || descriptorBytes === 0 || descriptorBytes > MAX_DESCRIPTOR) {
    return unsafe(virtualSizeBytes, 'has its vmdk descriptor missing or in an unusual place');
  }
  const findings: ImageFinding[] = [];
  if (header.readBigUInt64LE(56) === DIRECTORY_AT_END) await checkFooter(source, header);
  const text = await readExactly(source, descriptorOffset, descriptorBytes, 'vmdk descriptor');
  findings.push(...descriptorFindings(text));
  return { virtualSizeBytes, findings };
}

/** A streamed vmdk repeats its header before the end-of-stream marker; only the directory's place may differ. */
async function checkFooter(source: ByteSource, header: Buffer): Promise<void> {
  const footer = await readExactly(source, source.sizeBytes - 2 * SECTOR, SECTOR, 'vmdk footer');
  const same =
    header.subarray(0, 48).equals(footer.subarray(0, 48)) &&
    header.subarray(64).equals(footer.subarray(64)) &&
    footer.readBigUInt64LE(56) !== DIRECTORY_AT_END;
  if (!same) throw corrupt('has a vmdk footer that contradicts its header');
}

function descriptorFindings(bytes: Buffer): ImageFinding[] {
  const end = bytes.indexOf(0);
  const padding = end < 0 ? Buffer.alloc(0) : bytes.subarray(end);
  const text = (end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1');
  if (padding.some((byte) => byte !== 0) || !/^[\t\n\r\x20-\x7e]*$/.test(text)) {
    return [{ code: 'IMAGE_UNSAFE', message: 'has a vmdk descriptor that is not plain text' }];
  }
  const findings: ImageFinding[] = [];
  let extents = 0;
  let createType = '';
  for (const line of text.split('\n').map((raw) => raw.trim().toLowerCase())) {
    const [name = '', value = ''] = splitField(line);
    if (line === '' || line.startsWith('#') || line.startsWith('ddb.')) continue;
    if (EXTENT.test(line)) extents += 1;
    else if (name.startsWith('parentfilename') || (name === 'parentcid' && value !== 'ffffffff')) {
      findings.push({
        code: 'IMAGE_HAS_BACKING_FILE',
        message: 'names a parent disk in its vmdk descriptor',
      });
    } else if (!FIELDS.has(name)) {
      findings.push({ code: 'IMAGE_UNSAFE', message: 'has a vmdk descriptor line that is not allowed' });
    }
    if (name === 'createtype') createType = value.replaceAll('"', '');
  }
  if (extents !== 1) findings.push({ code: 'IMAGE_UNSAFE', message: `is a vmdk with ${extents} extents` });
  if (!CREATE_TYPES.includes(createType)) {
    findings.push({
      code: 'IMAGE_UNSAFE',
      message: 'is a vmdk that is neither monolithicSparse nor streamOptimized',
    });
  }
  return findings;
}

function splitField(line: string): [string?, string?] {
  const at = line.indexOf('=');
  return at < 0 ? [] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}

function unsafe(virtualSizeBytes: number, message: string): FormatFacts {
  return { virtualSizeBytes, findings: [{ code: 'IMAGE_UNSAFE', message }] };
}
