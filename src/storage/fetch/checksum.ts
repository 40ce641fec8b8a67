// Checksums: as people write them, and as vendors list them in SHA256SUMS, CHECKSUM and the like. Pure.
import { Fault } from '../../base/index.ts';

export type HashAlgorithm = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';

export interface Digest {
  readonly algorithm: HashAlgorithm;
  /** Lower-case hex. */
  readonly hex: string;
}

/** A digest itself, or where a list of them is: a URL or a path. */
export type Checksum =
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'list'; readonly location: string };

const HEX_DIGITS: Readonly<Record<HashAlgorithm, number>> = {
  md5: 32,
  sha1: 40,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};
const BSD_LINE = /^(?:SHA2?-?)?(MD5|SHA1|256|384|512) ?\((.+)\) ?= ?([0-9a-f]+)$/i;
const GNU_LINE = /^\\?([0-9a-f]{32,128})[ \t]+\*?(.+)$/i;
const BARE_LINE = /^[0-9a-f]{32,128}$/i;

/**
 * `sha256:HEX`, `sha512:HEX`, …, a bare HEX whose length tells the algorithm, or the URL or absolute path of a list. Throws
 * `CHECKSUM_INVALID`.
 */
export function parseChecksum(text: string): Checksum {
  if (/^https?:\/\//i.test(text) || text.startsWith('/') || text.startsWith('./')) {
    return { kind: 'list', location: text };
  }
  const [, name, hex = ''] = /^(?:([a-z0-9-]+):)?([0-9a-f]+)$/i.exec(text.trim()) ?? [];
  const algorithm = algorithmOf(hex);
  const wanted = name?.toLowerCase().replace('-', '');
  if (algorithm === undefined || (wanted !== undefined && wanted !== algorithm)) {
    throw new Fault('invalid', 'CHECKSUM_INVALID', `Not a checksum: "${text}"`, {
      hint: 'Write sha256:HEX, sha512:HEX, or the URL or path of a SHA256SUMS file.',
    });
  }
  return { kind: 'digest', digest: { algorithm, hex: hex.toLowerCase() } };
}

/** A list of checksums as it was read. */
export interface ChecksumList {
  readonly text: string;
  /** What the message calls the list. */
  readonly where: string;
  /** Whether the list is this file's own by its name, as `disk.img.sha256` is of `disk.img`; then one entry is enough. */
  readonly isOwn: boolean;
}

/**
 * The digest of `fileName` in a list: GNU lines (`HEX  NAME`), BSD lines (`SHA256 (NAME) = HEX`), inside a PGP-signed text or
 * not, or a file that is one digest alone. Throws `CHECKSUM_NOT_LISTED`.
 */
export function findDigest({ text, where, isOwn }: ChecksumList, fileName: string): Digest {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const entries = lines.flatMap(entryIn);
  const found = entries.filter((entry) => entry.name === fileName).map(({ digest }) => digest);
  const [only, more] = entries;
  if (found.length === 0 && only !== undefined && more === undefined && (isOwn || only.name === null)) {
    found.push(only.digest);
  }
  const strongest = found.sort((a, b) => b.hex.length - a.hex.length)[0];
  if (strongest !== undefined) return strongest;
  throw new Fault('not-found', 'CHECKSUM_NOT_LISTED', `${where} lists no checksum for ${fileName}`, {
    hint: 'Give the checksum itself: --checksum sha256:HEX.',
  });
}

interface Entry {
  /** Null for a digest that stands alone. */
  readonly name: string | null;
  readonly digest: Digest;
}

function entryIn(line: string): Entry[] {
  const bsd = BSD_LINE.exec(line);
  if (bsd !== null) return entry(bsd[3], baseName(bsd[2]));
  if (BARE_LINE.test(line)) return entry(line, null);
  const gnu = GNU_LINE.exec(line);
  return gnu === null ? [] : entry(gnu[1], baseName(gnu[2]));
}

function entry(hex = '', name: string | null): Entry[] {
  const algorithm = algorithmOf(hex);
  return algorithm === undefined ? [] : [{ name, digest: { algorithm, hex: hex.toLowerCase() } }];
}

function algorithmOf(hex: string): HashAlgorithm | undefined {
  const names: readonly HashAlgorithm[] = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];
  return names.find((name) => HEX_DIGITS[name] === hex.length);
}

function baseName(path = ''): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
