// What libvirt writes in front of a domain's memory when it saves it: a header of 92 bytes, the domain's XML, a cookie, and
// zeroes. libvirt, src/qemu/qemu_saveimage.h and .c; it is no promised format, so whatever is not as known is refused.
import { Fault } from '../../base/index.ts';

/** The head of a save image; QEMU's stream follows it. */
export interface SaveImageHead {
  /** Of the domain that was saved, as libvirt wrote it. */
  readonly xml: string;
  /** libvirt's own notes in XML; null where there are none. */
  readonly cookie: string | null;
  /** Whether a restore that says nothing lets the guest run. */
  readonly wasRunning: boolean;
  /** What XML, cookie and zeroes take together. */
  readonly dataBytes: number;
  /** Where QEMU's stream begins. */
  readonly streamOffset: number;
}

const MAGIC = 'LibvirtQemudSave';
/** Until the whole of the memory is there. */
const UNFINISHED = 'LibvirtQemudPart';
const VERSION = 2;
/** The magic, and nineteen words: five with a meaning, and fourteen unused. */
export const SAVE_HEADER_BYTES = 92;
/** XML of some kilobytes and 64 KiB of room is what libvirt writes. */
export const MAX_DATA_BYTES = 16 * 1024 * 1024;
/** Left after XML that does not fit any more, as libvirt leaves it. */
const ROOM = 64 * 1024;

const AT = { version: 16, dataBytes: 20, wasRunning: 24, format: 28, cookieOffset: 32 } as const;

/** How many bytes there are between the header and QEMU's stream. `what` names the file. Throws `TEMPLATE_MEMORY_UNREADABLE`. */
export function dataBytesOf(header: Buffer, what: string): number {
  if (header.length < SAVE_HEADER_BYTES) throw unreadable(what, 'it is too short');
  const magic = header.toString('latin1', 0, MAGIC.length);
  if (magic === UNFINISHED) throw unreadable(what, 'libvirt did not finish it');
  if (magic !== MAGIC) throw unreadable(what, 'it is no save image of libvirt');
  const version = header.readUInt32LE(AT.version);
  if (version !== VERSION) throw unreadable(what, `its version is ${version}, and not ${VERSION}`);
  const format = header.readUInt32LE(AT.format);
  if (format !== 0) throw unreadable(what, 'it is compressed or sparse');
  const dataBytes = header.readUInt32LE(AT.dataBytes);
  if (dataBytes === 0 || dataBytes > MAX_DATA_BYTES) {
    throw unreadable(what, `its header speaks of ${dataBytes} bytes of XML`);
  }
  return dataBytes;
}

/** Reads the bytes before QEMU's stream. Throws `TEMPLATE_MEMORY_UNREADABLE`. */
export function decodeSaveHead(bytes: Buffer, what: string): SaveImageHead {
  const dataBytes = dataBytesOf(bytes, what);
  const streamOffset = SAVE_HEADER_BYTES + dataBytes;
  if (bytes.length < streamOffset) throw unreadable(what, 'it ends within the XML');
  const data = bytes.subarray(SAVE_HEADER_BYTES, streamOffset);
  const cookieOffset = bytes.readUInt32LE(AT.cookieOffset);
  if (cookieOffset >= dataBytes) throw unreadable(what, 'its cookie lies outside it');
  const xmlRoom = cookieOffset === 0 ? data : data.subarray(0, cookieOffset);
  return {
    xml: textIn(xmlRoom, what),
    cookie: cookieOffset === 0 ? null : textIn(data.subarray(cookieOffset), what),
    wasRunning: bytes.readUInt32LE(AT.wasRunning) !== 0,
    dataBytes,
    streamOffset,
  };
}

/** The bytes before QEMU's stream with another XML in them: as many as before where that fits, and more otherwise. */
export function encodeSaveHead(head: SaveImageHead, xml: string): Buffer {
  const texts = [xml, ...(head.cookie === null ? [] : [head.cookie])].map((text) => Buffer.from(`${text}\0`));
  const needed = texts.reduce((sum, { length }) => sum + length, 0);
  const dataBytes = needed <= head.dataBytes ? head.dataBytes : needed + ROOM;
  if (dataBytes > MAX_DATA_BYTES || xml.includes('\0')) {
    throw new Fault(
      'internal',
      'TEMPLATE_XML_UNWRITABLE',
      'The XML of a clone does not fit before its memory',
    );
  }
  const bytes = Buffer.alloc(SAVE_HEADER_BYTES + dataBytes);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt32LE(VERSION, AT.version);
  bytes.writeUInt32LE(dataBytes, AT.dataBytes);
  bytes.writeUInt32LE(head.wasRunning ? 1 : 0, AT.wasRunning);
  bytes.writeUInt32LE(head.cookie === null ? 0 : (texts[0]?.length ?? 0), AT.cookieOffset);
  Buffer.concat(texts).copy(bytes, SAVE_HEADER_BYTES);
  return bytes;
}

/** Text up to its zero byte. */
function textIn(bytes: Buffer, what: string): string {
  const end = bytes.indexOf(0);
  if (end <= 0) throw unreadable(what, 'a text in it is empty or has no end');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end));
  } catch (cause) {
    throw unreadable(what, 'a text in it is no UTF-8', cause);
  }
}

export function unreadable(what: string, why: string, cause?: unknown): Fault {
  return new Fault(
    'corrupt',
    'TEMPLATE_MEMORY_UNREADABLE',
    `The saved memory ${what} cannot be used: ${why}`,
    {
      cause,
      hint: 'Make the template anew.',
    },
  );
}
