// Importing: an instance out of one file, as a launch makes one: everything that can be wrong is found first, then record
// and lease are written together, and a failure or a kill takes all back.
import { createHash, randomBytes } from 'node:crypto';
import { copyFile, constants as fsConstants, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Undo } from '../../base/index.ts';
import { RANDOM_SEED_BYTES } from '../../metadata/index.ts';
import type { GuestInput, Instance } from '../../model/index.ts';
import { createInstanceDirectory, requireSpace, TarReader } from '../../storage/index.ts';
import { guestInputShape } from '../../store/index.ts';
import { readInventories } from '../claims/read-inventories.ts';
import type { ActOptions } from '../compute.ts';
import { domainXmlOf } from '../domain-of.ts';
import { recordFailure } from '../failure-record.ts';
import { diskStep } from '../file-steps.ts';
import { driveDocuments } from '../guest-documents.ts';
import { makeFile } from '../make-file.ts';
import { checkInstanceName } from '../names.ts';
import { managedNetworks } from '../networks/managed-networks.ts';
import { diskPath, instancePaths } from '../paths.ts';
import { findPlaces } from '../plan-ports.ts';
import { takeBack } from '../take-back.ts';
import type { Tools } from '../tools.ts';
import { archiveSource } from './archive-source.ts';
import type { ImportRequest } from './export-requests.ts';
import { believeRecord, unsupported } from './import-checks.ts';
import { importedNetworks, keepsCards } from './import-network.ts';
import {
  type ExportManifest,
  type ExportMember,
  exportInvalid,
  inExport,
  MANIFEST_NAME,
  MAX_INPUT_BYTES,
  MAX_MANIFEST_BYTES,
  MAX_NVRAM_BYTES,
  parse,
  readManifest,
} from './manifest.ts';
import { nvramPath } from './nvram.ts';
import { decideImport, type PreparedImport } from './plan-import.ts';
import { beginMember, NVRAM_FILE, receiveMembers, requireDigest } from './receive-members.ts';

export async function importInstance(
  tools: Tools,
  request: ImportRequest,
  options: ActOptions,
): Promise<Instance> {
  if (request.name !== undefined) checkInstanceName(request.name);
  await using reader = new TarReader(archiveSource(request.from, options.signal));
  const manifest = await firstMember(reader);
  const input = await guestInput(reader, manifest);
  const prepared = await prepare(tools, manifest, request, options.signal);
  const { instance, lease } = tools.store.transaction(() => {
    const decided = decideImport(tools, prepared);
    if (input !== undefined) tools.store.guestInputs.insert(decided.id, forThis(input, request));
    return { instance: decided, lease: tools.store.leases.acquire(`instance:${decided.id}`, 'import') };
  });
  try {
    return await build({ tools, instance, manifest, input, prepared, options }, reader);
  } finally {
    lease.release();
  }
}

interface Build {
  readonly tools: Tools;
  readonly instance: Instance;
  readonly manifest: ExportManifest;
  readonly input: GuestInput | undefined;
  readonly prepared: PreparedImport;
  readonly options: ActOptions;
}

async function build(job: Build, reader: TarReader): Promise<Instance> {
  const { tools, instance, manifest, prepared, options } = job;
  const { id } = instance;
  await using undo = new Undo((what, error) => {
    tools.log.warn({ err: error, instance: id }, `could not ${what} after a failed import`);
    recordFailure(tools, id, error, 'The import failed, and was not taken back whole: ');
  });
  undo.push('take the instance back', () => takeBack(tools, instance));
  const directory = await createInstanceDirectory(tools.paths.instances, id);
  const drives = drivesMadeAnew(job);
  const members = manifest.members.filter(({ role }) => role !== 'guest-input');
  const dropped = new Set(drives.map(({ fileName }) => fileName));
  await receiveMembers({ reader, directory, dropped, options }, members);
  for (const drive of drives) await makeDrive(job, drive);
  const connection = await tools.libvirt.control();
  await connection.defineDomain(domainXmlOf(instance, prepared.context), { validate: true });
  await putVariables(tools, instance, join(directory, NVRAM_FILE), manifest);
  undo.keep();
  return tools.store.instances.change(id, (current) => ({ ...current, vmState: 'stopped', taskState: null }));
}

async function firstMember(reader: TarReader): Promise<ExportManifest> {
  const first = await reader.next();
  if (first?.name !== MANIFEST_NAME) throw exportInvalid(`it does not begin with ${MANIFEST_NAME}`);
  return readManifest(await reader.whole(MAX_MANIFEST_BYTES));
}

/** What the guest was given to read; undefined where nothing was kept of it. */
async function guestInput(reader: TarReader, { members }: ExportManifest): Promise<GuestInput | undefined> {
  const [member] = members;
  if (member?.role !== 'guest-input') return undefined;
  await beginMember(reader, member);
  const bytes = await reader.whole(MAX_INPUT_BYTES);
  requireDigest(createHash('sha256').update(bytes), member);
  return guestInputShape(parse(bytes, member.name), inExport(member.name));
}

/** Two guests with one seed would make the same keys. */
function forThis(input: GuestInput, { keepId }: ImportRequest): GuestInput {
  return keepId === true ? input : { ...input, randomSeed: randomBytes(RANDOM_SEED_BYTES) };
}

async function prepare(
  tools: Tools,
  manifest: ExportManifest,
  request: ImportRequest,
  signal: AbortSignal | undefined,
): Promise<PreparedImport> {
  const { settings, paths } = tools;
  const recorded = manifest.instance;
  checkInstanceName(request.name ?? recorded.name);
  const facts = await tools.host.facts();
  const believed = believeRecord(manifest, { hardware: facts.hardware, memoryMiB: facts.memoryMiB });
  await checkSizes(tools, manifest.members, believed.hardware.firmware);
  const managed = new Set((await managedNetworks(tools)).keys());
  const networks = importedNetworks(manifest, request, { managed, ports: tools.store.ports.list() });
  const cards = { image: recorded.image.name, networks, links: believed.links };
  const places = await findPlaces(tools, cards, 'allocate', signal);
  return {
    request,
    recorded,
    believed,
    places,
    facts,
    hugePages: await tools.host.hugePages(),
    inventories: await readInventories(tools),
    context: { settings, instances: paths.instances, host: facts.domain },
    domains: await (await tools.libvirt.control()).listDomains(),
  };
}

async function checkSizes(
  tools: Tools,
  members: readonly ExportMember[],
  firmware: Instance['hardware']['firmware'],
): Promise<void> {
  const need = members.reduce((sum, { bytes }) => sum + bytes, 0);
  await requireSpace(tools.paths.instances, need, 'the disks of the import');
  const nvram = members.find(({ role }) => role === 'nvram');
  if (nvram === undefined) return;
  if (firmware.kind === 'bios' || nvram.bytes > MAX_NVRAM_BYTES)
    throw exportInvalid('it has variables of UEFI');
  const { size } = await stat(firmware.nvramTemplate);
  if (size !== nvram.bytes)
    throw unsupported(`UEFI with variables of ${nvram.bytes} bytes`, { nvram: `${size}` });
}

/** A copy has another id, and one on other networks other cards, of which its drive tells. */
function drivesMadeAnew({ instance, input, prepared }: Build): Instance['disks'] {
  if (keepsCards(prepared.request) || input === undefined) return [];
  return instance.disks.filter(({ role }) => role === 'config');
}

async function makeDrive(
  { tools, instance, input, options }: Build,
  drive: Instance['disks'][number],
): Promise<void> {
  if (input === undefined) return;
  const { settings } = tools;
  const kept = tools.store.guestInputs.get(instance.id) ?? input;
  const path = diskPath(instancePaths(tools.paths.instances, instance.id), drive);
  const step = diskStep(drive, path, () => {
    throw exportInvalid('its config drive is a root disk'); // asked of no config drive
  });
  await makeFile(
    {
      tools,
      instance,
      options,
      configDrive: (datasource) => driveDocuments({ settings, instance, input: kept }, datasource),
    },
    step,
  );
}

/** Where libvirt looks for them; it gives them to QEMU's user. */
async function putVariables(
  tools: Tools,
  instance: Instance,
  received: string,
  { members }: ExportManifest,
): Promise<void> {
  if (!members.some(({ role }) => role === 'nvram')) return;
  const path = await nvramPath(tools, instance);
  if (path === undefined) throw unsupported('a place for the variables of UEFI', {});
  await copyFile(received, path, fsConstants.COPYFILE_EXCL);
  await rm(received);
}
