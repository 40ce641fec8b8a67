// Reads the head of a file that libvirt saved a domain's memory to.
import { type FileHandle, open } from 'node:fs/promises';
import {
  dataBytesOf,
  decodeSaveHead,
  SAVE_HEADER_BYTES,
  type SaveImageHead,
  unreadable,
} from './save-image.ts';

/** A save image: its head, and the file that it is in, whose rest from `streamOffset` on is QEMU's. */
export interface SaveImage extends SaveImageHead {
  readonly path: string;
  /** Of the whole file. */
  readonly bytes: number;
}

/** Throws `TEMPLATE_MEMORY_UNREADABLE`, with the cause. */
export async function readSaveImage(path: string): Promise<SaveImage> {
  const file = await openImage(path);
  try {
    const { size } = await file.stat();
    const dataBytes = dataBytesOf(await readStart(file, SAVE_HEADER_BYTES), path);
    const head = decodeSaveHead(await readStart(file, SAVE_HEADER_BYTES + dataBytes), path);
    if (size <= head.streamOffset) throw unreadable(path, 'there is no memory in it');
    return { ...head, path, bytes: size };
  } finally {
    await file.close();
  }
}

async function openImage(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw unreadable(path, 'it cannot be opened', cause);
  }
}

/** The first `length` bytes of a file, or all of a shorter one. */
async function readStart(file: FileHandle, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let have = 0;
  while (have < length) {
    const { bytesRead } = await file.read(bytes, have, length - have, have);
    if (bytesRead === 0) break;
    have += bytesRead;
  }
  return bytes.subarray(0, have);
}
