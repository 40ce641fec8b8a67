// Exporting: disks, record and guest input of an instance as one file. What is written is docs/backups.md's.
import { createHash } from 'node:crypto';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { throwIfCancelled } from '../../base/index.ts';
import { onHost } from '../../guest/index.ts';
import type { Instance, VmState } from '../../model/index.ts';
import {
  inspectImage,
  isThere,
  publish,
  sweepTemporaries,
  TAR_END,
  tarPadding,
  temporaryFor,
  writeTarHeader,
} from '../../storage/index.ts';
import { encodeGuestInput } from '../../store/index.ts';
import { NO_WORK, removeWorkNote, writeWorkNote } from '../backups/work-note.ts';
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import { holdInstance } from '../holding.ts';
import { instancePaths } from '../paths.ts';
import { isOn } from '../power-state.ts';
import { requireOwn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import { copyRunningDisks, copyStoppedDisks, ownDisks } from './copy-disks.ts';
import { fileChanged, targetExists } from './export-faults.ts';
import type { Exported, ExportRequest, Sink } from './export-requests.ts';
import { type ExportedRecord, exportedRecord } from './exported-record.ts';
import { type ExportMember, expectedMembers, MANIFEST_NAME, writeManifest } from './manifest.ts';
import { nvramPath } from './nvram.ts';

/** A member, and where its bytes are. */
interface Part {
  readonly member: ExportMember;
  readonly content: string | Buffer;
}

const PIECE = 1024 * 1024;

export async function exportInstance(
  tools: Tools,
  ref: string,
  request: ExportRequest,
  options: ActOptions,
): Promise<Exported> {
  requireOwn(tools.store.instances.find(ref), 'export');
  using held = await holdInstance(tools, ref, 'export', { state: 'exporting', ...options });
  const { instance } = held;
  const { directory } = instancePaths(tools.paths.instances, instance.id);
  const target = typeof request.to === 'string' ? await newTarget(resolve(request.to)) : undefined;
  const work = await temporaryFor(join(directory, 'export'));
  await writeWorkNote(directory, { ...NO_WORK, unfinished: [work, ...(target ? [target.temporary] : [])] });
  try {
    await mkdir(work, { mode: 0o711 });
    const { vmState } = instance;
    const job = { tools, instance, state: vmState, work, request, options };
    const { to } = request;
    return typeof to === 'string'
      ? await writeFileWith(target, (sink) => writeExport(job, sink))
      : await writeExport(job, to);
  } finally {
    await rm(work, { recursive: true, force: true });
    await removeWorkNote(directory);
  }
}

interface Job {
  readonly tools: Tools;
  readonly instance: Instance;
  readonly state: VmState;
  readonly work: string;
  readonly request: ExportRequest;
  readonly options: ActOptions;
}

async function writeExport(job: Job, sink: Sink): Promise<Exported> {
  const { tools, instance, work, options } = job;
  const copy = { disks: ownDisks(instance), directory: work, compress: job.request.compress === true };
  const runs = await isOn(await tools.libvirt.findDomain(instance));
  // The turn ends with the copy: how quickly the export is taken off our hands is not up to this host.
  const take = async () => await (runs ? copyRunningDisks : copyStoppedDisks)(tools, instance, copy, options);
  const { consistency } = await tools.slots.run('snapshots', take, options);
  const { record, leftOut }: ExportedRecord = exportedRecord(
    instance,
    job.state,
    snapshotsOf(tools, instance),
  );
  const parts = await collectParts(job, record);
  const exportedAt = new Date();
  const manifest = writeManifest({
    novalet: tools.version,
    exportedAt: exportedAt.toISOString(),
    consistency: job.state === 'suspended' ? 'crash' : consistency,
    managedNetwork: tools.settings.networkName,
    instance: record,
    members: parts.map(({ member }) => member),
  });
  let bytes = 0;
  const put = async (piece: Uint8Array) => {
    throwIfCancelled(options.signal, 'the export');
    bytes += piece.length;
    await sink(piece);
  };
  const first = { member: { name: MANIFEST_NAME, bytes: manifest.length }, content: manifest };
  for (const { member, content } of [first, ...parts]) {
    await told(options, `write-${member.name}`, `writing ${member.name}`, async (report) => {
      await put(writeTarHeader(member, exportedAt));
      let done = 0;
      for await (const piece of piecesOf(content, member.bytes)) {
        await put(piece);
        done += piece.length;
        report.bytes(done, member.bytes);
      }
      await put(tarPadding(member.bytes));
    });
  }
  await put(TAR_END);
  const members = parts.map(({ member: { name, bytes: size, sha256 } }) => ({ name, bytes: size, sha256 }));
  return { bytes, consistency: job.state === 'suspended' ? 'crash' : consistency, members, leftOut };
}

export function snapshotsOf({ store }: Tools, { id }: Instance): readonly string[] {
  return store.diskSnapshots.ofInstance(id).map(({ name }) => name);
}

/** What follows the manifest, in its order; sizes and digests are of what will be written. */
async function collectParts({ tools, instance, work }: Job, record: Instance): Promise<readonly Part[]> {
  const { directory } = instancePaths(tools.paths.instances, instance.id);
  const copied = new Set(ownDisks(instance).map(({ fileName }) => fileName));
  const nvram = await nvramPath(tools, instance);
  const input = tools.store.guestInputs.get(instance.id);
  const parts: Part[] = [];
  for (const { name, role, fileName } of expectedMembers(record)) {
    const member = { name, role, fileName };
    if (role === 'guest-input') {
      if (input !== undefined) parts.push(bufferPart(member, Buffer.from(encodeGuestInput(input))));
    } else if (role === 'nvram') {
      if (nvram !== undefined && (await isThere(nvram))) parts.push(await filePart(member, nvram, false));
    } else {
      const isCopy = copied.has(fileName);
      parts.push(await filePart(member, join(isCopy ? work : directory, fileName), isCopy));
    }
  }
  return parts;
}

type Named = Pick<ExportMember, 'name' | 'role' | 'fileName'>;

function bufferPart(named: Named, content: Buffer): Part {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { member: { ...named, bytes: content.length, sha256, virtualSizeBytes: null }, content };
}

async function filePart(named: Named, path: string, isDisk: boolean): Promise<Part> {
  const hash = createHash('sha256');
  const { size } = await stat(path);
  for await (const piece of piecesOf(path, size)) hash.update(piece);
  const virtualSizeBytes = isDisk ? (await inspectImage(path)).virtualSizeBytes : null;
  return { member: { ...named, bytes: size, sha256: hash.digest('hex'), virtualSizeBytes }, content: path };
}

/** Exactly so many bytes: a tar's header has said how many come. */
async function* piecesOf(content: string | Buffer, bytes: number): AsyncIterable<Buffer> {
  if (typeof content !== 'string') {
    yield content;
    return;
  }
  const file = await open(content, 'r');
  try {
    const buffer = Buffer.alloc(PIECE);
    for (let left = bytes; left > 0; ) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(PIECE, left), bytes - left);
      if (bytesRead === 0) throw fileChanged(content);
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

interface Target {
  readonly path: string;
  readonly temporary: string;
}

async function newTarget(path: string): Promise<Target> {
  if (await isThere(path)) {
    throw targetExists(path);
  }
  await sweepTemporaries(dirname(path));
  return { path, temporary: await temporaryFor(path) };
}

/** Readable by nobody else, since there are secrets in it; under its name when it is whole. */
async function writeFileWith<T>(target: Target | undefined, write: (sink: Sink) => Promise<T>): Promise<T> {
  const { path, temporary } = target ?? { path: '', temporary: '' };
  try {
    const file = await onHost(path, () => open(temporary, 'wx', 0o600));
    let result: T;
    try {
      result = await write(async (piece) => void (await file.writeFile(piece)));
    } finally {
      await file.close();
    }
    await publish(temporary, path);
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
