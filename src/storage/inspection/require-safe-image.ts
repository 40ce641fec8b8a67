// The verdict on an inspected image: it is what it claims to be and harmless, or a Fault says why not.
import { Fault, type FaultKind } from '../../base/index.ts';
import type { DiskFormat } from '../../model/index.ts';
import type { DetectedFormat, ImageFinding } from './format-probe.ts';
import type { ImageInspection } from './inspect-image.ts';

/** What a disk format may look like. Kernels and ramdisks are no disks, and QEMU does not parse them. */
const ACCEPTED: Readonly<Record<Exclude<DiskFormat, 'aki' | 'ari'>, readonly DetectedFormat[]>> = {
  raw: ['raw', 'gpt'],
  qcow2: ['qcow2'],
  vmdk: ['vmdk'],
  vdi: ['vdi'],
  vhd: ['vhd'],
  vhdx: ['vhdx'],
  iso: ['iso'],
};

const FINDINGS: Readonly<Record<ImageFinding['code'], { kind: FaultKind; hint: string }>> = {
  IMAGE_HAS_BACKING_FILE: {
    kind: 'denied',
    hint: 'Flatten it first: qemu-img convert -O qcow2 OLD NEW, on a host you trust it on.',
  },
  IMAGE_HAS_DATA_FILE: {
    kind: 'denied',
    hint: 'Convert it to one file first: qemu-img convert -O qcow2 OLD NEW, on a host you trust it on.',
  },
  IMAGE_ENCRYPTED: { kind: 'unsupported', hint: 'Convert it to an image that is not encrypted.' },
  IMAGE_UNSAFE: { kind: 'denied', hint: 'Use an image from a source you trust, or convert it to qcow2.' },
  IMAGE_CORRUPT: { kind: 'corrupt', hint: 'Fetch the image again and give its checksum.' },
};

/**
 * Passes an image that is in exactly the format it claims and carries nothing dangerous. `name` is what the message calls
 * it. Throws `IMAGE_FORMAT_AMBIGUOUS`, `IMAGE_FORMAT_MISMATCH`, or the code of the first finding.
 */
export function requireSafeImage(inspection: ImageInspection, claimed: DiskFormat, name: string): void {
  if (claimed === 'aki' || claimed === 'ari') return;
  if (inspection.format === null) {
    throw new Fault(
      'denied',
      'IMAGE_FORMAT_AMBIGUOUS',
      `${name} carries the marks of several formats at once: ${inspection.marks.join(', ')}`,
      { hint: 'Such a file can mean different things to different programs; use a clean image.' },
    );
  }
  if (!ACCEPTED[claimed].includes(inspection.format)) {
    throw new Fault(
      'invalid',
      'IMAGE_FORMAT_MISMATCH',
      `${name} is said to be ${claimed}, but its content is ${inspection.format === 'gpt' ? 'raw' : inspection.format}`,
      { hint: 'Name the format that the file is really in.', details: { claimed, found: inspection.format } },
    );
  }
  const [finding] = inspection.findings;
  if (finding === undefined) return;
  const { kind, hint } = FINDINGS[finding.code];
  throw new Fault(kind, finding.code, `${name} ${finding.message}`, { hint });
}

/** The disk format to record for content of this format, or null for what cannot be used as an image. */
export function diskFormatOf(format: DetectedFormat | null): DiskFormat | null {
  if (format === 'gpt') return 'raw';
  return format === null || format === 'qed' || format === 'luks' ? null : format;
}
