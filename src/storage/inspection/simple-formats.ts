// Formats that say all we need in a few fixed fields: VDI, QED, ISO 9660 / UDF, LUKS.
// Rules: QEMU block/vdi.c and docs/interop/qed_spec.txt; ECMA-119 and ECMA-167; LUKS1 On-Disk Format Specification.
import { type FormatProbe, type ImageFinding, readExactly, SECTOR, sane } from './format-probe.ts';

const VDI_SIGNATURE = 0xbeda107f;
const VDI_DYNAMIC = 1;
const VDI_STATIC = 2;

export const vdiProbe: FormatProbe = {
  format: 'vdi',
  matches: ({ head }) => head.length >= 68 && head.readUInt32LE(64) === VDI_SIGNATURE,
  read: async (source) => {
    const header = await readExactly(source, 0, SECTOR, 'vdi header');
    const type = header.readUInt32LE(76);
    const findings: ImageFinding[] = [];
    if (type !== VDI_DYNAMIC && type !== VDI_STATIC) {
      findings.push({
        code: 'IMAGE_HAS_BACKING_FILE',
        message: `is a vdi of type ${type}, which needs a parent`,
      });
    }
    if (header.subarray(424, 456).some((byte) => byte !== 0)) {
      findings.push({ code: 'IMAGE_HAS_BACKING_FILE', message: 'names a parent in its vdi header' });
    }
    return { virtualSizeBytes: sane(header.readBigUInt64LE(368), 'virtual size'), findings };
  },
};

export const qedProbe: FormatProbe = {
  format: 'qed',
  matches: ({ head }) => head.toString('latin1', 0, 4) === 'QED\0',
  read: async () => ({
    virtualSizeBytes: 0,
    findings: [{ code: 'IMAGE_UNSAFE', message: 'is a QED image, which nothing here reads' }],
  }),
};

const ISO_DESCRIPTOR = 32 * 1024;
const ISO_MARKS: readonly string[] = ['CD001', 'NSR02', 'NSR03', 'BEA01'];

export const isoProbe: FormatProbe = {
  format: 'iso',
  matches: ({ head }) => ISO_MARKS.includes(head.toString('latin1', ISO_DESCRIPTOR + 1, ISO_DESCRIPTOR + 6)),
  read: async (_source, { sizeBytes }) => ({ virtualSizeBytes: sizeBytes, findings: [] }),
};

export const luksProbe: FormatProbe = {
  format: 'luks',
  matches: ({ head }) => head.subarray(0, 6).equals(Buffer.from([0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe])),
  read: async (source) => {
    const header = await readExactly(source, 0, 592, 'luks header');
    const version = header.readUInt16BE(6);
    if (version !== 1) {
      const message = `is LUKS version ${version}; only version 1 is read`;
      return { virtualSizeBytes: 0, findings: [{ code: 'IMAGE_UNSAFE', message }] };
    }
    const payload = header.readUInt32BE(104) * SECTOR;
    return { virtualSizeBytes: Math.max(0, source.sizeBytes - payload), findings: [] };
  },
};
