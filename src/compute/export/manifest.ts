// The manifest of an export: the first member of the file, which says what all others are. Pure.
// It comes from anybody, so nothing of it is believed beyond its shape here; what this host makes of it is checked elsewhere.
import {
  anInteger,
  anIntegerFrom,
  anObject,
  aString,
  aStringLike,
  Fault,
  listOf,
  oneOf,
  orNull,
  Place,
  type Shape,
} from '../../base/index.ts';
import type { Disk, Instance } from '../../model/index.ts';
import { instanceShape } from '../../store/index.ts';
import type { Consistency } from '../snapshots/requests.ts';

export const MANIFEST_NAME = 'manifest.json';
export const MANIFEST_FORMAT = 'novalet-export';
/** Raised whenever a reader of an older one would take the file for something else. */
export const MANIFEST_VERSION = 1;
/** A manifest has some ten KiB; guest input at most what a launch takes, in base64. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
export const MAX_INPUT_BYTES = 4 * 1024 * 1024;
/** UEFI's variables: 64 to 528 KiB, and some MiB on aarch64 (64). */
export const MAX_NVRAM_BYTES = 64 * 1024 * 1024;
const MAX_MEMBERS = 64;
/** qcow2 and ext4 know no larger file. */
const MAX_MEMBER_BYTES = 16 * 1024 ** 4;

export type MemberRole = 'guest-input' | 'disk' | 'volume' | 'kernel' | 'ramdisk' | 'nvram';

export interface ExportMember {
  /** In the tar. */
  readonly name: string;
  readonly role: MemberRole;
  /** In the instance's directory; empty for guest input and NVRAM. */
  readonly fileName: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What a guest sees of it; null for what is no qcow2. */
  readonly virtualSizeBytes: number | null;
}

export interface ExportManifest {
  /** novalet's version. */
  readonly novalet: string;
  /** ISO 8601, UTC. */
  readonly exportedAt: string;
  readonly consistency: Consistency;
  /** What the host's own network is called there. */
  readonly managedNetwork: string;
  readonly instance: Instance;
  /** In the order in which they follow. */
  readonly members: readonly ExportMember[];
}

/** A name in the instance's directory that no path and no file of the directory's own can be taken for. */
const FILE_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const OWN_NAMES: readonly string[] = ['console.log'];

const memberShape: Shape<ExportMember> = anObject({
  name: aString,
  role: oneOf('guest-input', 'disk', 'volume', 'kernel', 'ramdisk', 'nvram'),
  fileName: aString,
  bytes: anIntegerFrom(0, MAX_MEMBER_BYTES),
  sha256: aStringLike(/^[0-9a-f]{64}$/, 'is not a SHA-256'),
  virtualSizeBytes: orNull(anIntegerFrom(0)),
});

const headShape = anObject({ format: aString, version: anInteger });

const manifestShape: Shape<ExportManifest> = anObject({
  novalet: aString,
  exportedAt: aString,
  consistency: oneOf('off', 'filesystem', 'crash'),
  managedNetwork: aString,
  instance: instanceShape,
  members: listOf(memberShape),
});

export function writeManifest(manifest: ExportManifest): Buffer {
  const head = { format: MANIFEST_FORMAT, version: MANIFEST_VERSION };
  return Buffer.from(`${JSON.stringify({ ...head, ...manifest }, null, 2)}\n`);
}

/** Throws `EXPORT_INVALID` and `EXPORT_TOO_NEW`. */
export function readManifest(bytes: Buffer): ExportManifest {
  const value = parse(bytes, MANIFEST_NAME);
  const place = inExport(MANIFEST_NAME);
  const { format, version } = headShape(value, place);
  if (format !== MANIFEST_FORMAT) throw exportInvalid(`its format is ${JSON.stringify(format.slice(0, 80))}`);
  if (version > MANIFEST_VERSION) {
    throw new Fault(
      'unsupported',
      'EXPORT_TOO_NEW',
      `The export has version ${version}, and this novalet knows ${MANIFEST_VERSION}`,
      { hint: 'Import it with a newer novalet.', details: { version, known: MANIFEST_VERSION } },
    );
  }
  const manifest = manifestShape(value, place);
  checkMembers(manifest);
  return manifest;
}

/** The disks of an instance that are in its export: all but those whose content is elsewhere. */
export function memberOf(disk: Pick<Disk, 'fileName'>): Pick<ExportMember, 'name' | 'role' | 'fileName'> {
  return { name: `disks/${disk.fileName}`, role: 'disk', fileName: disk.fileName };
}

/** Throws `EXPORT_INVALID` for what is not JSON. */
export function parse(bytes: Buffer, name: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw exportInvalid(`${name} is not JSON`, cause);
  }
}

export function inExport(name: string): Place {
  return new Place(name, (path, problem) => exportInvalid(`${path} ${problem}`));
}

export function exportInvalid(problem: string, cause?: unknown): Fault {
  return new Fault('corrupt', 'EXPORT_INVALID', `The file is no export that can be imported: ${problem}`, {
    cause,
    hint: 'Copy it again from where it was made, whole and unchanged: novalet export NAME FILE',
  });
}

/** That the members are the record's, each once, under names that lead nowhere else. */
function checkMembers({ instance, members }: ExportManifest): void {
  if (members.length > MAX_MEMBERS) throw exportInvalid(`it has ${members.length} members`);
  const expected = new Map(expectedMembers(instance).map((member) => [member.name, member]));
  const seen = new Set<string>();
  for (const member of members) {
    const known = expected.get(member.name);
    if (known === undefined || known.role !== member.role || known.fileName !== member.fileName) {
      throw exportInvalid(`${JSON.stringify(member.name.slice(0, 100))} belongs to nothing in its record`);
    }
    if (seen.has(member.name)) throw exportInvalid(`${member.name} is there twice`);
    seen.add(member.name);
  }
  const missing = [...expected.values()].find(({ name, isNeeded }) => isNeeded && !seen.has(name));
  if (missing !== undefined) throw exportInvalid(`${missing.name} is missing`);
  if (members.some(({ role }, at) => role === 'guest-input' && at > 0)) {
    throw exportInvalid('the guest input is not right after the manifest');
  }
}

interface ExpectedMember extends Pick<ExportMember, 'name' | 'role' | 'fileName'> {
  readonly isNeeded: boolean;
}

/** All that an export of this record may have. Throws `EXPORT_INVALID` for a file's name that is none. */
export function expectedMembers({ disks, volumes, image }: Instance): readonly ExpectedMember[] {
  const own = volumes.flatMap(({ source }) => (source?.kind === 'own' ? [source.fileName] : []));
  const list: readonly ExpectedMember[] = [
    { name: 'guest-input.json', role: 'guest-input', fileName: '', isNeeded: false },
    ...disks.map((disk) => ({ ...memberOf(disk), isNeeded: true })),
    ...own.map((fileName) => ({
      name: `volumes/${fileName}`,
      role: 'volume' as const,
      fileName,
      isNeeded: true,
    })),
    ...(image.properties['kernel_id'] === undefined ? [] : [bootFile('kernel')]),
    ...(image.properties['ramdisk_id'] === undefined ? [] : [bootFile('ramdisk')]),
    { name: 'nvram', role: 'nvram', fileName: '', isNeeded: false },
  ];
  const files = list.flatMap(({ fileName }) => (fileName === '' ? [] : [fileName]));
  const bad = files.find(
    (name, at) => !FILE_NAME.test(name) || OWN_NAMES.includes(name) || files.indexOf(name) !== at,
  );
  if (bad !== undefined)
    throw exportInvalid(`${JSON.stringify(bad.slice(0, 100))} is no name for a file of an instance`);
  return list;
}

function bootFile(role: 'kernel' | 'ramdisk'): ExpectedMember {
  return { name: role, role, fileName: role, isNeeded: true };
}
