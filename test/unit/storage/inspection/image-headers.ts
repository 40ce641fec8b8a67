// Bytes of image headers, made by hand from the formats' specifications, with what a test wants changed.

export function qcow2(
  change: {
    version?: number;
    backing?: bigint;
    features?: bigint;
    crypt?: number;
    size?: bigint;
    clusterBits?: number;
    extension?: number;
  } = {},
): Buffer {
  const bytes = Buffer.alloc(65536);
  bytes.write('QFI\xfb', 0, 'latin1');
  bytes.writeUInt32BE(change.version ?? 3, 4);
  bytes.writeBigUInt64BE(change.backing ?? 0n, 8);
  bytes.writeUInt32BE(change.clusterBits ?? 16, 20);
  bytes.writeBigUInt64BE(change.size ?? 1n << 30n, 24);
  bytes.writeUInt32BE(change.crypt ?? 0, 32);
  bytes.writeBigUInt64BE(change.features ?? 0n, 72);
  bytes.writeUInt32BE(104, 100);
  bytes.writeUInt32BE(change.extension ?? 0, 104);
  return bytes;
}

export const DESCRIPTOR = [
  '# Disk DescriptorFile',
  'version=1',
  'CID=7ef9b2a1',
  'parentCID=ffffffff',
  'createType="monolithicSparse"',
  '',
  '# Extent description',
  'RW 2048 SPARSE "disk.vmdk"',
  '',
  'ddb.adapterType = "ide"',
].join('\n');

export function vmdk(
  change: {
    magic?: string;
    version?: number;
    descriptor?: string;
    descriptorSector?: bigint;
    footer?: Buffer;
  } = {},
): Buffer {
  const bytes = Buffer.alloc(64 * 512);
  bytes.write(change.magic ?? 'KDMV', 0, 'latin1');
  bytes.writeUInt32LE(change.version ?? 1, 4);
  bytes.writeBigUInt64LE(2048n, 12);
  bytes.writeBigUInt64LE(128n, 20);
  bytes.writeBigUInt64LE(change.descriptorSector ?? 1n, 28);
  bytes.writeBigUInt64LE(20n, 36);
  bytes.writeBigUInt64LE(26n, 56);
  bytes.write(change.descriptor ?? DESCRIPTOR, 512, 'latin1');
  return bytes;
}

/** A streamed vmdk: the directory's place stands in a footer, which `spoil` may change. */
export function streamedVmdk(spoil: (footer: Buffer) => void = () => undefined): Buffer {
  const body = vmdk({ descriptor: DESCRIPTOR.replace('monolithicSparse', 'streamOptimized') });
  const footer = Buffer.from(body.subarray(0, 512));
  spoil(footer);
  body.writeBigUInt64LE(0xffff_ffff_ffff_ffffn, 56);
  return Buffer.concat([body, Buffer.alloc(512), footer, Buffer.alloc(512)]);
}

export function vdi(change: { type?: number; parent?: boolean } = {}): Buffer {
  const bytes = Buffer.alloc(1024);
  bytes.writeUInt32LE(0xbeda107f, 64);
  bytes.writeUInt32LE(change.type ?? 1, 76);
  bytes.writeBigUInt64LE(4096n, 368);
  if (change.parent === true) bytes.writeUInt8(7, 430);
  return bytes;
}

export function vhdFooter(type = 3, sizeBytes = 1n << 20n): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write('conectix', 0, 'latin1');
  bytes.writeBigUInt64BE(sizeBytes, 48);
  bytes.writeUInt32BE(type, 60);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.writeUInt32BE(~sum >>> 0, 64);
  return bytes;
}

function guid(text: string): Buffer {
  const part = text.split('-').map((group) => Buffer.from(group, 'hex'));
  return Buffer.concat(part.map((group, index) => (index < 3 ? Buffer.from(group).reverse() : group)));
}

export function vhdx(change: { parent?: boolean; metadataAt?: bigint; count?: number } = {}): Buffer {
  const bytes = Buffer.alloc(512 * 1024);
  const at = 262144;
  bytes.write('vhdxfile', 0, 'latin1');
  bytes.write('regi', 196608, 'latin1');
  bytes.writeUInt32LE(change.count ?? 1, 196616);
  guid('8B7CA206-4790-4B9A-B8FE-575F050F886E').copy(bytes, 196624);
  bytes.writeBigUInt64LE(change.metadataAt ?? BigInt(at), 196640);
  bytes.write('metadata', at, 'latin1');
  bytes.writeUInt16LE(2, at + 10);
  guid('CAA16737-FA36-4D43-B3B6-33F0AA44E76B').copy(bytes, at + 32);
  bytes.writeUInt32LE(65536, at + 48);
  guid('2FA54224-CD1B-4876-B211-5DBED83BF4B8').copy(bytes, at + 64);
  bytes.writeUInt32LE(65544, at + 80);
  bytes.writeUInt32LE(change.parent === true ? 2 : 0, at + 65536 + 4);
  bytes.writeBigUInt64LE(8n << 20n, at + 65544);
  return bytes;
}

export interface MbrEntry {
  boot?: number;
  type: number;
  chs?: string;
  lba?: number;
}

export function mbr(entries: readonly MbrEntry[], gptAt?: number): Buffer {
  const bytes = Buffer.alloc(64 * 1024);
  for (const [index, entry] of entries.entries()) {
    const at = 446 + index * 16;
    bytes.writeUInt8(entry.boot ?? 0, at);
    bytes.write(entry.chs ?? '000200', at + 1, 'hex');
    bytes.writeUInt8(entry.type, at + 4);
    bytes.writeUInt32LE(entry.lba ?? 1, at + 8);
    bytes.writeUInt32LE(100, at + 12);
  }
  bytes.writeUInt16LE(0xaa55, 510);
  if (gptAt !== undefined) bytes.write('EFI PART', gptAt, 'latin1');
  return bytes;
}

export function iso(into: Buffer = Buffer.alloc(40 * 1024)): Buffer {
  into.write('\x01CD001\x01', 32768, 'latin1');
  return into;
}

export function luks(version = 1): Buffer {
  const bytes = Buffer.alloc(4096);
  Buffer.from([0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe]).copy(bytes);
  bytes.writeUInt16BE(version, 6);
  bytes.writeUInt32BE(4, 104);
  return bytes;
}
