// Takes the members of an export out of the file into an instance's directory, each looked at before anything opens it.
import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../../base/index.ts';
import { shownName, type TarReader, verifyImage } from '../../storage/index.ts';
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import { type ExportMember, exportInvalid } from './manifest.ts';

/** The name that variables of UEFI have until the domain is defined. */
export const NVRAM_FILE = 'nvram.imported';

export interface Receiving {
  readonly reader: TarReader;
  /** The instance's. */
  readonly directory: string;
  /** Files that are checked and not kept. */
  readonly dropped: ReadonlySet<string>;
  readonly options: ActOptions;
}

/** All of them, in order, and nothing after them. Throws `EXPORT_INVALID`, `ARCHIVE_INVALID` and the faults of images. */
export async function receiveMembers(receiving: Receiving, members: readonly ExportMember[]): Promise<void> {
  const { reader, options } = receiving;
  for (const member of members) {
    await told(options, `read-${member.name}`, `reading ${member.name}`, async (report) => {
      await beginMember(reader, member);
      await receive(receiving, member, (done) => report.bytes(done, member.bytes));
    });
  }
  const more = await reader.next();
  if (more !== undefined)
    throw exportInvalid(`it has ${shownName(more.name)}, of which its manifest says nothing`);
}

/** Goes on to the member that has to follow. */
export async function beginMember(
  reader: TarReader,
  { name, bytes }: Pick<ExportMember, 'name' | 'bytes'>,
): Promise<void> {
  const found = await reader.next();
  if (found?.name === name && found.bytes === bytes) return;
  const what = found === undefined ? 'ends' : `has ${shownName(found.name)} of ${found.bytes} bytes`;
  throw exportInvalid(`where ${name} of ${bytes} bytes has to follow, it ${what}`);
}

/** Throws `EXPORT_INVALID`. */
export function requireDigest(hash: ReturnType<typeof createHash>, { name, sha256 }: ExportMember): void {
  const found = hash.digest('hex');
  if (found !== sha256) throw exportInvalid(`${name} has the SHA-256 ${found}, and ${sha256} is recorded`);
}

async function receive(
  { reader, directory, dropped, options }: Receiving,
  member: ExportMember,
  onBytes: (done: number) => void,
): Promise<void> {
  const hash = createHash('sha256');
  const path = join(directory, member.role === 'nvram' ? NVRAM_FILE : member.fileName);
  let done = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const piece of reader.content()) {
      throwIfCancelled(options.signal, 'the import');
      hash.update(piece);
      await file.writeFile(piece);
      done += piece.length;
      onBytes(done);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  requireDigest(hash, member);
  if (dropped.has(member.fileName)) await rm(path);
  else if (member.virtualSizeBytes !== null) await lookAt(path, member, options.signal);
}

/** A qcow2 that stands by itself, and is as large as the record says. */
async function lookAt(path: string, member: ExportMember, signal: AbortSignal | undefined): Promise<void> {
  const verified = await verifyImage({ path, diskFormat: 'qcow2', name: member.name, signal });
  if (verified.virtualSizeBytes === member.virtualSizeBytes) return;
  throw exportInvalid(
    `${member.name} is a disk of ${verified.virtualSizeBytes} bytes, and ${member.virtualSizeBytes} are recorded`,
  );
}
