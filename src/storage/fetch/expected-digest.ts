// Finding out which digest a source must have: given outright, or listed in a file here or at a URL.
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Fault, formatBytes, isFault, MIB, within } from '../../base/index.ts';
import { openFault } from '../inspection/index.ts';
import { type Checksum, type Digest, findDigest } from './checksum.ts';
import { type HttpOptions, httpGet } from './http-get.ts';
import { type ImageSource, parseUrl, printable } from './image-source.ts';

const MAX_LIST_BYTES = 4 * MIB;
const LIST_MS = 60_000;

/** Runs `work` on a regular file. Throws `FILE_MISSING`, `FILE_DENIED`, `FILE_NOT_REGULAR`. */
export async function openSource<T>(path: string, work: (path: string) => Promise<T>): Promise<T> {
  try {
    if (!(await stat(path)).isFile()) {
      throw new Fault('invalid', 'FILE_NOT_REGULAR', `${path} is not a regular file`, {
        hint: 'Give the path of an image file.',
      });
    }
    return await work(path);
  } catch (error) {
    throw isFault(error) ? error : openFault(path, error);
  }
}

/** The digest that `source` must have. Throws `CHECKSUM_NOT_LISTED`, and what reading the list throws. */
export async function resolveChecksum(
  checksum: Checksum | undefined,
  source: ImageSource,
  options: HttpOptions,
): Promise<Digest | undefined> {
  if (checksum === undefined) return undefined;
  if (checksum.kind === 'digest') return checksum.digest;
  const { location } = checksum;
  const fileName = basename(
    source.kind === 'file' ? source.path : decodeURIComponent(new URL(source.url).pathname),
  );
  if (!/^https?:/i.test(location)) {
    const text = await openSource(location, (path) => readFile(path, 'utf8'));
    return findDigest({ text, where: location, isOwn: isOwn(location, fileName) }, fileName);
  }
  const url = parseUrl(location);
  const text = await downloadText(url, options);
  return findDigest({ text, where: printable(url), isOwn: isOwn(url.pathname, fileName) }, fileName);
}

async function downloadText(url: URL, options: HttpOptions): Promise<string> {
  const { response } = await httpGet(url, {}, options);
  const read = async () => {
    let left = MAX_LIST_BYTES;
    const bounded = async function* () {
      for await (const chunk of response) {
        left -= Buffer.isBuffer(chunk) ? chunk.length : 0;
        if (left < 0) throw listTooLarge(url);
        yield chunk;
      }
    };
    return (await buffer(bounded())).toString('utf8');
  };
  try {
    return await within(LIST_MS, `the checksums at ${printable(url)}`, read, {
      signal: options.signal,
      code: 'URL_TIMEOUT',
    });
  } catch (cause) {
    if (isFault(cause)) throw cause;
    throw new Fault('unavailable', 'DOWNLOAD_CUT', `The download of ${printable(url)} broke off`, {
      cause,
      hint: 'Run the same command again.',
    });
  } finally {
    response.destroy();
  }
}

function listTooLarge(url: URL): Fault {
  return new Fault(
    'invalid',
    'CHECKSUM_LIST_TOO_LARGE',
    `${printable(url)} is larger than ${formatBytes(MAX_LIST_BYTES)}`,
    {
      hint: 'Give the URL of a SHA256SUMS file, or the checksum itself.',
    },
  );
}

function isOwn(location: string, fileName: string): boolean {
  return basename(location).startsWith(`${fileName}.`);
}
