// This host's facts as one value, for whoever plans a guest. Reading them all takes some tens of milliseconds; the value
// says for how long it holds, so that its owner can keep it.
import { readFileSync, statSync } from 'node:fs';
import { freemem, release, totalmem } from 'node:os';
import { errnoCode, Fault } from '../base/index.ts';
import type { Connection } from '../libvirt/index.ts';
import {
  type DomainCapabilities,
  type GuestSupport,
  type HostCell,
  readCapabilities,
  readDomainCapabilities,
} from '../libvirt-xml/index.ts';
import type { VirtType } from '../model/index.ts';
import type { Identity } from './access.ts';
import { chooseFirmware, type FirmwareChoices, readFirmwareDescriptors } from './firmware.ts';
import { HOST_PATHS, type HostPaths } from './host-paths.ts';
import { chooseVirtType, decideKvm, type KvmVerdict, lookAtDevice, readCpuFlags } from './kvm.ts';
import { qemuUser, readUserFiles } from './qemu-user.ts';

export interface HostFacts {
  /** libvirt's name: `x86_64`, `aarch64` … */
  readonly arch: string;
  /** Of libvirt's daemon, `9.0.0`. */
  readonly libvirtVersion: string;
  readonly qemuVersion: string;
  /** QEMU's binary for guests of the host's own architecture. */
  readonly emulator: string;
  /** By architecture: names and aliases that its emulator has, and what each is really called. */
  readonly machineTypes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What libvirt can run, per architecture. */
  readonly guests: readonly GuestSupport[];
  /** Whether KVM really works, and if not, why. */
  readonly kvm: KvmVerdict;
  /** What guests of the host's own architecture run under. */
  readonly virtType: VirtType;
  /** CPU modes that work under `virtType`. */
  readonly cpuModes: readonly string[];
  readonly diskBuses: readonly string[];
  readonly videoModels: readonly string[];
  /** TPMs that libvirt can emulate; none without swtpm. */
  readonly tpmModels: readonly string[];
  /** By architecture. */
  readonly firmware: Readonly<Record<string, FirmwareChoices>>;
  /** Whether Linux lets QEMU use io_uring. */
  readonly ioUring: boolean;
  readonly cpus: number;
  readonly memoryMiB: number;
  /** NUMA cells; empty when libvirt shows no topology. */
  readonly cells: readonly HostCell[];
  /** Who QEMU runs as; null where that is not known. */
  readonly qemuUser: Identity | null;
  /** Two values with the same key were read from a host in the same state. */
  readonly key: string;
}

type Versions = Awaited<ReturnType<Connection['versions']>>;

export interface HostFactsOptions {
  readonly virtType: VirtType | 'auto';
  /** In libvirt's session mode QEMU runs as whoever started this process. */
  readonly isSession: boolean;
  /** What was read before; given back as it is while it holds. */
  readonly known?: HostFacts | undefined;
  readonly paths?: HostPaths;
}

/** Throws `HOST_UNSUPPORTED` when libvirt has no QEMU for the host's own architecture, and the faults of libvirt. */
export async function readHostFacts(connection: Connection, options: HostFactsOptions): Promise<HostFacts> {
  const paths = options.paths ?? HOST_PATHS;
  const versions = await connection.versions();
  const { known } = options;
  if (known !== undefined && known.key === keyOf(versions, known.emulator, options)) return known;
  const capabilities = readCapabilities(await connection.capabilities());
  const guest = requireGuest(capabilities.arch, capabilities.guests);
  const user = options.isSession ? null : qemuUser(readUserFiles(paths));
  const kvm = decideKvm({
    arch: capabilities.arch,
    cpuFlags: readCpuFlags(paths),
    device: lookAtDevice(paths.kvmDevice, user),
    isOffered: guest.domainTypes.includes('kvm'),
  });
  const virtType = chooseVirtType(options.virtType, kvm);
  const offers = await readOffers(connection, capabilities.arch, guest.emulator, virtType);
  const cpus = capabilities.cells.flatMap((cell) => cell.cpus);
  return {
    arch: capabilities.arch,
    libvirtVersion: versions.libvirt,
    qemuVersion: versions.hypervisor,
    emulator: guest.emulator,
    machineTypes: Object.fromEntries(
      capabilities.guests.map((each) => [each.arch, realNames(each.machines)]),
    ),
    guests: capabilities.guests,
    kvm,
    virtType,
    cpuModes: offers.cpuModes,
    diskBuses: offers.diskBuses,
    videoModels: offers.videoModels,
    tpmModels: offers.tpmModels,
    firmware: firmwareOf(capabilities.guests, paths),
    ioUring: mayUseIoUring(paths),
    cpus: cpus.length,
    memoryMiB: Math.floor(totalmem() / 1024 ** 2),
    cells: capabilities.cells,
    qemuUser: user,
    key: keyOf(versions, guest.emulator, options),
  };
}

function realNames(machines: GuestSupport['machines']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    machines.flatMap(({ name, canonical }) => [
      [name, canonical ?? name],
      [canonical ?? name, canonical ?? name],
    ]),
  );
}

function firmwareOf(
  guests: readonly GuestSupport[],
  paths: HostPaths,
): Readonly<Record<string, FirmwareChoices>> {
  const descriptors = readFirmwareDescriptors(paths.firmware);
  return Object.fromEntries(guests.map(({ arch }) => [arch, chooseFirmware(descriptors, arch)]));
}

/** The switch is there since Linux 6.6; before it everybody might, from 5.1 on. */
function mayUseIoUring({ ioUringDisabled }: HostPaths): boolean {
  try {
    return readFileSync(ioUringDisabled, 'utf8').trim() === '0';
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
    const [major = 0, minor = 0] = release().split('.').map(Number);
    return major > 5 || (major === 5 && minor >= 1);
  }
}

/** Memory that is free now; the one fact that never holds. */
export function freeMemoryMiB(): number {
  return Math.floor(freemem() / 1024 ** 2);
}

/** The machine type makes no difference to what is read here, so libvirt's own default serves. */
async function readOffers(
  connection: Connection,
  arch: string,
  emulator: string,
  virtType: VirtType,
): Promise<DomainCapabilities> {
  return readDomainCapabilities(await connection.domainCapabilities({ emulator, arch, virtType }));
}

function requireGuest(
  arch: string,
  guests: readonly GuestSupport[],
): GuestSupport & { readonly emulator: string } {
  const guest = guests.find((each) => each.arch === arch);
  if (guest?.emulator != null) return { ...guest, emulator: guest.emulator };
  throw new Fault('unsupported', 'HOST_UNSUPPORTED', `libvirt finds no QEMU for ${arch} on this host`, {
    hint: `Install it, for example: apt install ${arch === 'aarch64' ? 'qemu-system-arm' : 'qemu-system-x86'}; then restart libvirtd.`,
    details: { arch },
  });
}

/** Changes with whatever the facts depend on: libvirt, QEMU, the boot, the firmware packages, /dev/kvm, the wishes. */
function keyOf(versions: Versions, emulator: string, options: HostFactsOptions): string {
  const paths = options.paths ?? HOST_PATHS;
  return [
    versions.libvirt,
    versions.hypervisor,
    readFileSync(paths.bootId, 'utf8').trim(),
    ...[emulator, paths.kvmDevice, paths.qemuConf, paths.group, ...paths.firmware].map(changeOf),
    options.virtType,
    options.isSession,
  ].join(' ');
}

function changeOf(path: string): string {
  try {
    const { ctimeMs, mtimeMs, ino } = statSync(path);
    return `${ino}:${mtimeMs}:${ctimeMs}`;
  } catch (error) {
    return errnoCode(error) ?? 'unknown';
  }
}
