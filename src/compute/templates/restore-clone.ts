// Starts a domain from the saved memory of another one. libvirt is given a pipe for a file: the head with the clone's XML in
// it, and behind that the memory as it lies in the template's file, which any number of clones read at once and nobody copies.
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, isFault, throwIfCancelled, within } from '../../base/index.ts';
import { type Connection, type FilePipe, openFilePipe } from '../../libvirt/index.ts';
import { copySaveImage, encodeSaveHead, type SaveImage, temporaryFor } from '../../storage/index.ts';

export interface CloneRequest {
  readonly image: SaveImage;
  /** Of the clone; see `clonedDomainXml`. */
  readonly xml: string;
  readonly uuid: string;
  /** For a copy of the memory, where libvirt reads no pipe; it is gone afterwards. */
  readonly directory: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How libvirt gets at the memory. Newer ones open the file twice, for the XML and for QEMU, and read past the head both
 * times: the pipe then holds that twice.
 */
export type RestoreWay = 'pipe' | 'pipe-twice' | 'copy';

/** libvirt's first major version of which some open the file twice. */
const OPENS_TWICE = 11;
/** What libvirt says when it cannot read a file, among much else. */
const UNREAD: readonly string[] = ['LIBVIRT_FAILED', 'LIBVIRT_DENIED'];
/** How long libvirt may take to give up what was stopped. */
const ENDING_MS = 20_000;

/**
 * Restores the clone, paused. It is transient unless a domain of its name and UUID is defined. Use a connection of its own: a
 * restore holds one of four workers for as long as the memory takes. After a failure nothing runs of it, and what was defined
 * still is. Gives the way that worked. Throws `TEMPLATE_MEMORY_UNREADABLE`, `TEMPLATE_RESTORE_TIMEOUT`, `CANCELLED`,
 * `DISK_SPACE_EXHAUSTED`, `LIBVIRT_STATE_CONFLICT` where it runs already, and other faults of libvirt's.
 */
export async function restoreClone(
  connection: Connection,
  request: CloneRequest,
  ways?: readonly [RestoreWay, ...RestoreWay[]],
): Promise<RestoreWay> {
  const [first, ...others] = ways ?? (await waysOf(connection));
  let way: RestoreWay = first;
  let failure = await tryWay(connection, request, way);
  for (const next of others) {
    if (failure === undefined) break;
    way = next;
    failure = await tryWay(connection, request, way);
  }
  if (failure !== undefined) throw failure;
  return way;
}

async function waysOf(connection: Connection): Promise<readonly [RestoreWay, ...RestoreWay[]]> {
  const { libvirt } = await connection.versions();
  if (Number.parseInt(libvirt, 10) < OPENS_TWICE) return ['pipe', 'pipe-twice', 'copy'];
  return ['pipe-twice', 'pipe', 'copy'];
}

/** Undefined when it is restored; a fault after which another way may do. Throws all others. */
async function tryWay(
  connection: Connection,
  request: CloneRequest,
  way: RestoreWay,
): Promise<Fault | undefined> {
  const head = encodeSaveHead(request.image, request.xml);
  if (way === 'copy') return await restoreCopy(connection, request, head);
  using pipe = await pipeOf(request.image, way === 'pipe' ? head : Buffer.concat([head, head]));
  try {
    await restoreFrom(connection, request, pipe.path, () => pipe.close());
    return undefined;
  } catch (error) {
    const fed = pipe.close();
    if (!fed.isWhole && isFault(error, ...UNREAD))
      return fed.errno === 0 ? error : notRead(request.image, error);
    throw error;
  }
}

async function pipeOf(image: SaveImage, head: Buffer): Promise<FilePipe> {
  const file = await open(image.path, 'r');
  try {
    return openFilePipe({ head, file: file.fd, offset: image.streamOffset });
  } finally {
    await file.close();
  }
}

async function restoreCopy(connection: Connection, request: CloneRequest, head: Buffer): Promise<undefined> {
  const path = await temporaryFor(join(request.directory, 'memory'));
  await copySaveImage(request.image, head, path, request.signal);
  try {
    await restoreFrom(connection, request, path, () => undefined);
  } finally {
    await rm(path, { force: true });
  }
}

/** `end` has who reads see the end of the file. */
async function restoreFrom(
  connection: Connection,
  request: CloneRequest,
  path: string,
  end: () => void,
): Promise<void> {
  throwIfCancelled(request.signal, 'the memory of a clone to be read');
  let isOver = false;
  const call = connection.restore(path, { state: 'paused' }).finally(() => {
    isOver = true;
  });
  try {
    await within(request.timeoutMs, 'the memory of a clone to be read', async () => await call, {
      signal: request.signal,
      code: 'TEMPLATE_RESTORE_TIMEOUT',
      hint: 'See how busy the host is, and its disk.',
    });
  } catch (error) {
    if (isOver) throw error;
    end();
    await giveUp(connection, request.uuid, call);
    throw error;
  }
}

/** After the caller stopped waiting: until libvirt ended too, and what it started after all is stopped. */
async function giveUp(connection: Connection, uuid: string, call: Promise<void>): Promise<void> {
  const ended = async () => {
    await destroy(connection, uuid);
    await Promise.allSettled([call]);
    await destroy(connection, uuid);
  };
  await within(ENDING_MS, 'libvirt to give up the restore of a clone', ended, {
    code: 'TEMPLATE_RESTORE_TIMEOUT',
    hint: `See what becomes of the domain: virsh dominfo ${uuid}`,
    outcome: 'unknown',
  });
}

async function destroy(connection: Connection, uuid: string): Promise<void> {
  const domain = await connection.findDomain({ uuid });
  try {
    if (domain !== undefined && (await domain.state()).state !== 'shutoff') await domain.destroy();
  } catch (error) {
    if (!isFault(error, 'LIBVIRT_STATE_CONFLICT', 'DOMAIN_NOT_FOUND')) throw error; // it has just ended
  }
}

function notRead({ path }: SaveImage, cause: Fault): Fault {
  return new Fault(
    'corrupt',
    'TEMPLATE_MEMORY_UNREADABLE',
    `The saved memory ${path} could not be read to its end`,
    {
      cause,
      hint: 'Verify the template, or make it anew.',
    },
  );
}
