// The whole gate for an image file: our own look first, then qemu-img under limits, and both must say the same.
// Rules: Nova, virt/images.py.
import { Fault } from '../base/index.ts';
import type { DiskFormat } from '../model/index.ts';
import { diskFormatOf, type ImageInspection, inspectImage, requireSafeImage } from './inspection/index.ts';
import { type QemuImageInfo, qemuFormatOf, readImageInfo } from './qemu-img.ts';

export interface VerifyRequest {
  readonly path: string;
  /** What the image is said to be; undefined to take what its content says. */
  readonly diskFormat?: DiskFormat | undefined;
  /** What messages call it. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
}

export interface VerifiedImage {
  readonly diskFormat: DiskFormat;
  /** Bytes of the disk that a guest sees; the file's size for kernels and ramdisks. */
  readonly virtualSizeBytes: number;
  readonly sizeBytes: number;
}

/**
 * Passes an image that may be given to QEMU in its format. Throws `IMAGE_FORMAT_MISMATCH`, `IMAGE_FORMAT_AMBIGUOUS`,
 * `IMAGE_HAS_BACKING_FILE`, `IMAGE_HAS_DATA_FILE`, `IMAGE_ENCRYPTED`, `IMAGE_UNSAFE`, `IMAGE_CORRUPT`, `IMAGE_EMPTY`,
 * `IMAGE_UNREADABLE`, and what `inspectImage` throws.
 */
export async function verifyImage(request: VerifyRequest): Promise<VerifiedImage> {
  const { path, name } = request;
  const inspection = await inspectImage(path);
  if (inspection.sizeBytes === 0) {
    throw new Fault('invalid', 'IMAGE_EMPTY', `${name} is an empty file`, {
      hint: 'Check where it came from.',
    });
  }
  const diskFormat = request.diskFormat ?? formatByContent(inspection, name);
  requireSafeImage(inspection, diskFormat, name);
  const format = qemuFormatOf(diskFormat);
  if (format === null) {
    return { diskFormat, virtualSizeBytes: inspection.sizeBytes, sizeBytes: inspection.sizeBytes };
  }
  const info = await readImageInfo({ path, format }, { signal: request.signal });
  requireAgreement(info, format, inspection, name);
  return { diskFormat, virtualSizeBytes: info.virtualSizeBytes, sizeBytes: inspection.sizeBytes };
}

function formatByContent(inspection: ImageInspection, name: string): DiskFormat {
  const found = diskFormatOf(inspection.format);
  if (found !== null) return found;
  if (inspection.format === null) requireSafeImage(inspection, 'raw', name); // throws IMAGE_FORMAT_AMBIGUOUS
  throw new Fault('unsupported', 'IMAGE_FORMAT_UNSUPPORTED', `${name} is a ${inspection.format} image`, {
    hint: 'Convert it to qcow2 first.',
  });
}

function requireAgreement(info: QemuImageInfo, format: string, own: ImageInspection, name: string): void {
  const sizeAgrees =
    own.virtualSizeBytes === 0 || format !== 'qcow2' || own.virtualSizeBytes === info.virtualSizeBytes;
  if (info.backingFile !== null) {
    throw new Fault('denied', 'IMAGE_HAS_BACKING_FILE', `${name} has a backing file, says qemu-img`, {
      hint: 'Flatten it first: qemu-img convert -O qcow2 OLD NEW.',
    });
  }
  if (info.dataFile !== null) {
    throw new Fault('denied', 'IMAGE_HAS_DATA_FILE', `${name} has an external data file, says qemu-img`, {
      hint: 'Convert it to one file first: qemu-img convert -O qcow2 OLD NEW.',
    });
  }
  if (info.format !== format || !sizeAgrees) {
    throw new Fault(
      'denied',
      'IMAGE_UNSAFE',
      `qemu-img reads ${name} in another way than its header says (${info.format}, not ${format})`,
      { hint: 'Use an image from a source you trust.' },
    );
  }
}
