// The descriptors at the head of a volume (ECMA-119 §8; Joliet specification, "SVD Identification").
import { longDate, NO_DATE, SECTOR, utf16be, writeBoth16, writeBoth32 } from './fields.ts';

export interface DescriptorFacts {
  readonly kind: 'primary' | 'joliet';
  readonly volumeLabel: string;
  readonly publisher: string;
  readonly date: Date;
  readonly volumeSectors: number;
  readonly pathTableBytes: number;
  readonly littlePathTable: number;
  readonly bigPathTable: number;
  readonly rootRecord: Buffer;
}

const SYSTEM = 'LINUX';
const APPLICATION = 'NOVALET';
/** UCS-2 level 3. */
const JOLIET_ESCAPE = '%/E';

/** Writes the primary or the Joliet descriptor into its sector. */
export function writeDescriptor(image: Buffer, sector: number, facts: DescriptorFacts): void {
  const target = image.subarray(sector * SECTOR, (sector + 1) * SECTOR);
  const isJoliet = facts.kind === 'joliet';
  const text = (value: string, at: number, length: number) =>
    writeText(target, { value, at, length, isJoliet });
  head(target, isJoliet ? 2 : 1);
  text(SYSTEM, 8, 32);
  text(facts.volumeLabel, 40, 32);
  writeBoth32(target, facts.volumeSectors, 80);
  if (isJoliet) target.write(JOLIET_ESCAPE, 88, 'latin1');
  writeBoth16(target, 1, 120);
  writeBoth16(target, 1, 124);
  writeBoth16(target, SECTOR, 128);
  writeBoth32(target, facts.pathTableBytes, 132);
  target.writeUInt32LE(facts.littlePathTable, 140);
  target.writeUInt32BE(facts.bigPathTable, 148);
  facts.rootRecord.copy(target, 156);
  text('', 190, 128);
  text(facts.publisher, 318, 128);
  text('', 446, 128);
  text(APPLICATION, 574, 128);
  text('', 702, 37);
  text('', 739, 37);
  text('', 776, 37);
  const date = longDate(facts.date);
  date.copy(target, 813); // creation
  date.copy(target, 830); // modification
  NO_DATE.copy(target, 847); // expiration
  date.copy(target, 864); // effective
  target.writeUInt8(1, 881);
}

/** Writes the descriptor that ends the set (8.3). */
export function writeTerminator(image: Buffer, sector: number): void {
  head(image.subarray(sector * SECTOR, (sector + 1) * SECTOR), 255);
}

function head(target: Buffer, type: number): void {
  target.writeUInt8(type, 0);
  target.write('CD001', 1, 'latin1');
  target.writeUInt8(1, 6);
}

interface TextField {
  readonly value: string;
  readonly at: number;
  readonly length: number;
  readonly isJoliet: boolean;
}

/** Text fields are filled up with blanks; in Joliet with UCS-2 blanks, an odd last byte being zero. */
function writeText(target: Buffer, { value, at, length, isJoliet }: TextField): void {
  if (isJoliet) utf16be(value.padEnd(Math.floor(length / 2))).copy(target, at);
  else target.write(value.padEnd(length), at, 'latin1');
}
