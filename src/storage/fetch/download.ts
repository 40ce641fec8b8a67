// Downloading one URL into a part file that survives its process: what is there already is asked for no more, if the server
// can prove that it is still the same file (RFC 9110: Range, If-Range, ETag, Last-Modified).
import { open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { delay, errnoCode, Fault, formatBytes, isFault, throwIfCancelled, within } from '../../base/index.ts';
import { explainWriteFailure, requireSpace } from '../disk-space.ts';
import { type HttpAnswer, type HttpOptions, httpGet } from './http-get.ts';
import { printable } from './image-source.ts';
import { type PartRecord, readPartRecord, removePart, writePartRecord } from './part-file.ts';
import { SparseFile } from './sparse-file.ts';

export interface DownloadOptions extends HttpOptions {
  /** Bytes; a larger file is refused. */
  readonly maxBytes: number;
  readonly reserveBytes: number;
  /** Longest silence, and the window in which `minBytesPerSecond` must be kept; 60 s by default. */
  readonly stallMs?: number | undefined;
  readonly minBytesPerSecond?: number | undefined;
  /** Tries in all, after connections that broke; 5 by default. */
  readonly attempts?: number | undefined;
  /** Milliseconds before the second try, doubled each time; 500 by default. */
  readonly retryMs?: number | undefined;
  readonly onProgress?: ((bytes: number, totalBytes: number | null) => void) | undefined;
}

const STALL_MS = 60_000;
const MIN_BYTES_PER_SECOND = 1024;
const ATTEMPTS = 5;
const RETRY_MS = 500;
/** Worth another try at once; an address that was never reached is not. */
const BROKEN: readonly string[] = ['DOWNLOAD_CUT', 'DOWNLOAD_STALLED', 'URL_UNAVAILABLE'];
const BROKEN_LATER: readonly string[] = [...BROKEN, 'URL_UNREACHABLE', 'URL_TIMEOUT'];

/**
 * Downloads `url` to `part` and gives its size. When it throws, the part file stays only where a later call can go on with it.
 * Throws `DOWNLOAD_CUT`, `DOWNLOAD_STALLED`, `IMAGE_TOO_LARGE`, `DISK_SPACE_EXHAUSTED`, and what `httpGet` throws.
 */
export async function download(url: URL, part: string, options: DownloadOptions): Promise<number> {
  const attempts = options.attempts ?? ATTEMPTS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await downloadOnce(url, part, options);
    } catch (error) {
      if (!isFault(error, 'DOWNLOAD_CUT', 'DOWNLOAD_STALLED', 'CANCELLED', ...BROKEN_LATER))
        await removePart(part);
      const worthIt = isFault(error, ...(attempt === 1 ? BROKEN : BROKEN_LATER));
      if (!worthIt || attempt >= attempts) {
        if ((await readPartRecord(part))?.validator == null) await removePart(part);
        throw error;
      }
      await delay((options.retryMs ?? RETRY_MS) * 2 ** (attempt - 1), options.signal);
    }
  }
}

async function downloadOnce(url: URL, part: string, options: DownloadOptions): Promise<number> {
  const resume = await resumePoint(url, part);
  const headers = resume === null ? {} : { range: `bytes=${resume.offset}-`, 'if-range': resume.validator };
  const answer = await httpGet(url, headers, options);
  const { response, status } = answer;
  try {
    if (status === 416) return await finishedAlready(url, part, answer, resume?.offset ?? -1);
    const offset = status === 206 ? (resume?.offset ?? 0) : 0;
    const total = totalBytes(answer, offset, url);
    if ((total ?? 0) > options.maxBytes) throw tooLarge(url, options.maxBytes);
    if (offset === 0) await rm(part, { force: true });
    await writePartRecord(part, { url: url.href, validator: validatorOf(answer), totalBytes: total });
    if (total !== null) await requireSpace(dirname(part), total - offset, printable(url));
    return await receive(url, part, { answer, offset, total }, options);
  } finally {
    response.destroy();
  }
}

interface Incoming {
  readonly answer: HttpAnswer;
  readonly offset: number;
  readonly total: number | null;
}

async function receive(
  url: URL,
  part: string,
  incoming: Incoming,
  options: DownloadOptions,
): Promise<number> {
  const directory = dirname(part);
  const { offset, total } = incoming;
  const file = await open(part, offset === 0 ? 'w' : 'r+', 0o600);
  const { reserveBytes } = options;
  const sparse = new SparseFile(file, { position: offset, directory, reserveBytes, what: printable(url) });
  try {
    try {
      for await (const chunk of paced(url, incoming.answer, options)) {
        if (sparse.sizeBytes + chunk.length > options.maxBytes) throw tooLarge(url, options.maxBytes);
        await sparse.write(chunk);
        options.onProgress?.(sparse.sizeBytes, total);
      }
    } finally {
      await sparse.finish(); // what has come counts, whatever ended it
    }
    if (total !== null && sparse.sizeBytes !== total) throw cut(url, undefined);
    return sparse.sizeBytes;
  } catch (error) {
    throw await explainWriteFailure(error, directory, printable(url));
  } finally {
    await file.close();
  }
}

/** The body's chunks, as long as they come fast enough. Only time spent waiting for the network counts. */
async function* paced(url: URL, answer: HttpAnswer, options: DownloadOptions): AsyncGenerator<Buffer> {
  const stallMs = options.stallMs ?? STALL_MS;
  const least = ((options.minBytesPerSecond ?? MIN_BYTES_PER_SECOND) * stallMs) / 1000;
  const chunks: AsyncIterator<unknown> = answer.response[Symbol.asyncIterator]();
  let waitedMs = 0;
  let bytes = 0;
  for (;;) {
    const before = performance.now();
    const next = await nextChunk(url, chunks, stallMs, options.signal);
    if (next === null) return;
    waitedMs += performance.now() - before;
    bytes += next.length;
    if (waitedMs >= stallMs) {
      if (bytes < least) throw stalled(url);
      waitedMs = 0;
      bytes = 0;
    }
    yield next;
  }
}

async function nextChunk(
  url: URL,
  chunks: AsyncIterator<unknown>,
  stallMs: number,
  signal: AbortSignal | undefined,
): Promise<Buffer | null> {
  const what = `more of ${printable(url)}`;
  try {
    const next = await within(stallMs, what, () => chunks.next(), { signal, code: 'DOWNLOAD_STALLED' });
    if (next.done === true) return null;
    return Buffer.isBuffer(next.value) ? next.value : Buffer.alloc(0);
  } catch (error) {
    throwIfCancelled(signal, what);
    if (isFault(error, 'DOWNLOAD_STALLED')) throw stalled(url);
    throw isFault(error) ? error : cut(url, error);
  }
}

async function resumePoint(url: URL, part: string): Promise<{ offset: number; validator: string } | null> {
  const record: PartRecord | null = await readPartRecord(part);
  if (record === null || record.url !== url.href || record.validator === null) return null;
  const offset = await sizeOf(part);
  return offset > 0 ? { offset, validator: record.validator } : null;
}

/** A weak ETag cannot prove that bytes are the same; a date can, as far as RFC 9110 allows it. */
function validatorOf({ response }: HttpAnswer): string | null {
  const { etag, 'last-modified': lastModified } = response.headers;
  if (etag?.startsWith('"')) return etag;
  return lastModified ?? null;
}

/** Range beyond the end: there is nothing more to come if the file is as long as what is here. */
async function finishedAlready(
  url: URL,
  part: string,
  { response }: HttpAnswer,
  offset: number,
): Promise<number> {
  const total = /^bytes \*\/(\d+)$/.exec(response.headers['content-range'] ?? '')?.[1];
  const record = await readPartRecord(part);
  if (Number(total) === offset && record?.totalBytes === offset) return offset;
  await removePart(part);
  throw cut(url, undefined);
}

/** The whole file's size, or null where the server does not say. A range other than the one asked for is a `DOWNLOAD_CUT`. */
function totalBytes({ response, status }: HttpAnswer, offset: number, url: URL): number | null {
  const length = response.headers['content-length'];
  if (status !== 206) return length === undefined ? null : Number(length);
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers['content-range'] ?? '');
  if (Number(range?.[1]) !== offset) throw cut(url, undefined);
  return range?.[2] === '*' ? null : Number(range?.[2]);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

function tooLarge(url: URL, maxBytes: number): Fault {
  return new Fault(
    'invalid',
    'IMAGE_TOO_LARGE',
    `${printable(url)} is larger than ${formatBytes(maxBytes)}`,
    {
      hint: 'Check that it is the right file: no image may be larger than that.',
      details: { maxBytes },
    },
  );
}

function cut(url: URL, cause: unknown): Fault {
  return new Fault('unavailable', 'DOWNLOAD_CUT', `The download of ${printable(url)} broke off`, {
    cause,
    hint: 'Run the same command again; it goes on where it stopped, if the server can.',
  });
}

function stalled(url: URL): Fault {
  return new Fault('timeout', 'DOWNLOAD_STALLED', `The download of ${printable(url)} came to a standstill`, {
    hint: 'Run the same command again later; it goes on where it stopped, if the server can.',
  });
}
