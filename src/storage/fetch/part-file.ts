// Beside every part file stands what is needed to go on with it: `<id>.part` and `<id>.part.json`. The record also names its
// owner, so that two processes do not write one file.
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode, Fault } from '../../base/index.ts';
import { namesIn } from '../presence.ts';
import { isOwnerAlive, ownerTag, temporaryFor } from '../temporary.ts';

export interface PartRecord {
  readonly url: string;
  /** ETag or Last-Modified as the server wrote it; null where the download cannot be resumed. */
  readonly validator: string | null;
  readonly totalBytes: number | null;
}

interface OwnedRecord extends PartRecord {
  readonly owner: string;
}

/** An unfinished download. */
export interface Part {
  readonly id: string;
  readonly url: string;
  readonly bytes: number;
  /** Whether the process that downloads it is still running. */
  readonly isActive: boolean;
  readonly modifiedAt: Date;
}

export function partPath(directory: string, id: string): string {
  return join(directory, `${id}.part`);
}

/** The record beside `part`; null where there is none, or none that can be read. */
export async function readPartRecord(part: string): Promise<PartRecord | null> {
  return await readOwned(part);
}

/** Throws `IMAGE_FETCH_IN_PROGRESS` when another process that is still running has this part file. */
export async function claimPart(part: string): Promise<void> {
  const record = await readOwned(part);
  if (record === null || record.owner === (await ownerTag()) || !(await isOwnerAlive(record.owner))) return;
  throw new Fault('conflict', 'IMAGE_FETCH_IN_PROGRESS', `Another process is downloading to ${part}`, {
    hint: 'Wait until it has finished, then look at: novalet image list.',
  });
}

export async function writePartRecord(part: string, record: PartRecord): Promise<void> {
  const path = recordPath(part);
  const temporary = await temporaryFor(path);
  const owned: OwnedRecord = { ...record, owner: await ownerTag() };
  await writeFile(temporary, JSON.stringify(owned), { mode: 0o600 });
  await rename(temporary, path);
}

export async function removePart(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(recordPath(part), { force: true });
}

/** The download is done and the part file has another name now. */
export async function removePartRecord(part: string): Promise<void> {
  await rm(recordPath(part), { force: true });
}

/** Every unfinished download in `directory`; one without a readable record cannot be resumed and is listed with no URL. */
export async function listParts(directory: string): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (const name of await namesIn(directory)) {
    if (!name.endsWith('.part')) continue;
    const path = join(directory, name);
    const record = await readOwned(path);
    const { size, mtime } = await stat(path);
    parts.push({
      id: name.slice(0, -'.part'.length),
      url: record?.url ?? '',
      bytes: size,
      isActive: record !== null && (await isOwnerAlive(record.owner)),
      modifiedAt: mtime,
    });
  }
  return parts;
}

/** The id under which an earlier, dead process began to download `url`; using it again goes on where that one stopped. */
export async function findResumableId(directory: string, url: string): Promise<string | undefined> {
  const href = URL.canParse(url) ? new URL(url).href : url;
  return (await listParts(directory)).find((part) => part.url === href && !part.isActive)?.id;
}

function recordPath(part: string): string {
  return `${part}.json`;
}

async function readOwned(part: string): Promise<OwnedRecord | null> {
  try {
    return decode(JSON.parse(await readFile(recordPath(part), 'utf8')));
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}

function decode(value: unknown): OwnedRecord | null {
  if (typeof value !== 'object' || value === null) return null;
  const fields: { [name in keyof OwnedRecord]?: unknown } = value;
  const { url, validator, totalBytes, owner } = fields;
  if (typeof url !== 'string' || typeof owner !== 'string') return null;
  return {
    url,
    owner,
    validator: typeof validator === 'string' ? validator : null,
    totalBytes: typeof totalBytes === 'number' ? totalBytes : null,
  };
}
