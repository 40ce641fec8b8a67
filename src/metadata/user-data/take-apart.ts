// A file of user data as the parts that a guest makes of it: unpacked, MIME taken apart, each with its form.
import { isFault } from '../../base/index.ts';
import { formOf, formOfType, GZIP_TYPES, SNIFFED_TYPES } from './forms.ts';
import { gunzip, isGzip } from './gunzip.ts';
import { type Headers, type MimeLeaf, parseMime } from './mime-entity.ts';
import { textOf, type UserDataFile, type UserDataPart } from './part.ts';

/** Where cloud-init looks for `MIME-Version:`. */
const MIME_WINDOW_BYTES = 4096;

/** What novalet writes itself into each part. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'content-type',
  'content-transfer-encoding',
  'content-disposition',
  'content-length',
  'mime-version',
  'number-attachments',
]);

/** The parts, one unless the file is a MIME multipart. Throws `USER_DATA_GZIP_INVALID` and `USER_DATA_MIME_INVALID`. */
export function takeApart({ name, bytes }: UserDataFile): readonly UserDataPart[] {
  const isPacked = isGzip(bytes);
  const source = isPacked ? `${name} (unpacked)` : name;
  const content = isPacked ? gunzip(bytes, name) : Buffer.from(bytes);
  const filename = isPacked ? name.replace(/\.gz$/, '') : name;
  if (!isMime(content)) return [filePart(source, filename, content)];
  return parseMime(content, source).map((leaf, at) => mimePart(leaf, source, at + 1));
}

/** As `takeApart`, for what shall be passed on even if it cannot be taken apart: then it is one part. */
export function takeApartIfPossible(file: UserDataFile): readonly UserDataPart[] {
  try {
    return takeApart(file);
  } catch (error) {
    if (!isFault(error, 'USER_DATA_GZIP_INVALID', 'USER_DATA_MIME_INVALID')) throw error;
    const part = filePart(file.name, file.name, Buffer.from(file.bytes));
    return [isGzip(file.bytes) ? { ...part, contentType: 'application/gzip' } : part];
  }
}

/** cloud-init takes anything for MIME that has this within its beginning, whatever it is. */
export function mentionsMime(content: Uint8Array): boolean {
  return /mime-version:/i.test(Buffer.from(content.subarray(0, MIME_WINDOW_BYTES)).toString('latin1'));
}

function isMime(content: Uint8Array): boolean {
  const beginning = Buffer.from(content.subarray(0, 200)).toString('latin1');
  return mentionsMime(content) && /^[A-Za-z][A-Za-z0-9-]*:/.test(beginning);
}

function filePart(source: string, filename: string, content: Buffer): UserDataPart {
  const text = textOf(content);
  const form = formOf(content.toString('latin1'));
  return {
    source,
    firstLine: 1,
    contentType: form?.contentType ?? (text === undefined ? 'application/octet-stream' : 'text/plain'),
    form,
    isFromMime: false,
    isRaw: false,
    filename,
    headers: [],
    content,
  };
}

function mimePart(leaf: MimeLeaf, document: string, number: number): UserDataPart {
  const isPacked = GZIP_TYPES.has(leaf.contentType);
  const source = leaf.isPlain && !isPacked ? document : `${document}, part ${number}`;
  const content = isPacked ? gunzip(leaf.content, source) : leaf.content;
  const sniffed =
    isPacked || SNIFFED_TYPES.has(leaf.contentType) ? formOf(content.toString('latin1')) : undefined;
  const form = sniffed ?? formOfType(leaf.contentType);
  return {
    source,
    firstLine: source === document ? leaf.line : 1,
    contentType: form?.contentType ?? (isPacked ? 'text/plain' : leaf.contentType),
    form,
    isFromMime: true,
    isRaw: leaf.isPlain && !isPacked,
    filename: leaf.filename,
    headers: keptHeaders(leaf.headers),
    content,
  };
}

function keptHeaders(headers: Headers): Headers {
  return headers.filter(([name]) => !OWN_HEADERS.has(name.toLowerCase()));
}
