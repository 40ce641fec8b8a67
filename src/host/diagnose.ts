// The doctor: looks at everything that a launch depends on, and says of each thing whether it is well, and the cure if not.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { asFault, within } from '../base/index.ts';
import type { Connection } from '../libvirt/index.ts';
import { readCapabilities } from '../libvirt-xml/index.ts';
import { probeAccelerator } from './boot-probe.ts';
import { decideAgentChannel } from './check-guest-devices.ts';
import { decideHugePages, lookAtHugePages } from './check-huge-pages.ts';
import { decideIscsi, lookAtIscsi } from './check-iscsi.ts';
import { decideKernel } from './check-kernel.ts';
import { decideCacheTrap, decideKvmFinding } from './check-kvm.ts';
import { decideLibguestfs, lookAtLibguestfs } from './check-libguestfs.ts';
import { decideLibvirt, decideVersions, lookAtSocket, lookAtSockets } from './check-libvirt.ts';
import { decideNetwork } from './check-network.ts';
import { decidePlatform, lookAtPlatform } from './check-platform.ts';
import { decidePrograms, missingPrograms, programNeeds } from './check-programs.ts';
import { decideSocketPath } from './check-socket-path.ts';
import { decideStateDir, lookAtStateDir } from './check-state-dir.ts';
import { decideVirtlogd } from './check-virtlogd.ts';
import { type Finding, problem } from './finding.ts';
import { HOST_PATHS, type HostPaths } from './host-paths.ts';
import { readKernelOptions } from './kernel-options.ts';
import { decideKvm, lookAtDevice, readCpuFlags, statOrUndefined } from './kvm.ts';
import { qemuUser, readUserFiles } from './qemu-user.ts';

export interface DoctorContext {
  /** libvirt's URI. */
  readonly uri: string;
  readonly isSession: boolean;
  readonly stateDir: string;
  /** The network that novalet makes on first use. */
  readonly networkName: string;
  /** Opens libvirt, or fails as it fails for everybody. The doctor does not close it. */
  readonly connect: () => Promise<Connection>;
  readonly paths?: HostPaths;
  /** Looked for programs; PATH when left out. */
  readonly searchPath?: string;
}

/** What every check may look at. */
interface Host {
  readonly context: DoctorContext;
  readonly paths: HostPaths;
  readonly cpuFlags: ReadonlySet<string>;
  readonly isRoot: boolean;
  readonly hasSystemd: boolean;
  /** libvirt's connection, or why there is none. */
  readonly connection: Connection | undefined;
  readonly fault: ReturnType<typeof asFault> | undefined;
}

type Check = (host: Host) => Promise<readonly Finding[]>;

const CHECKS: Readonly<Record<string, Check>> = {
  platform: async ({ cpuFlags }) => decidePlatform(lookAtPlatform(cpuFlags)),
  programs: checkPrograms,
  libvirt: checkLibvirt,
  versions: checkVersions,
  virtlogd: checkVirtlogd,
  kvm: checkKvm,
  'capability-cache': checkCacheTrap,
  'huge-pages': async ({ context, paths }) =>
    context.isSession ? [] : [decideHugePages(lookAtHugePages(paths))],
  kernel: async ({ context, paths }) => (context.isSession ? [] : decideKernel(readKernelOptions(paths))),
  'agent-channel': checkAgentChannel,
  'socket-path': checkSocketPath,
  'state-dir': async (host) => decideStateDir(await lookAtStateDir(host.context.stateDir, userOf(host))),
  network: checkNetwork,
  'iscsi-disks': async ({ paths }) => [decideIscsi(lookAtIscsi(paths))],
  'offline-reset': async ({ context, paths }) => [
    decideLibguestfs(
      await lookAtLibguestfs(
        context.searchPath ?? process.env['PATH'] ?? '',
        lookAtDevice(paths.kvmDevice, null),
      ),
    ),
  ],
};

/** Opening libvirt may start its daemon, which probes QEMU first. */
const CONNECT_MS = 30_000;
const CHECK_MS = 30_000;
/** A boot that takes a tenth of a second when all is well. */
const PROBE_MS = 3000;

/** All findings, in a fixed order. Never throws: a check that fails is a finding of its own. */
export async function diagnose(context: DoctorContext): Promise<readonly Finding[]> {
  const host = await lookAtHost(context);
  const findings = await Promise.all(
    Object.entries(CHECKS).map(([name, check]) => carryOut(name, check, host)),
  );
  return findings.flat();
}

async function lookAtHost(context: DoctorContext): Promise<Host> {
  const paths = context.paths ?? HOST_PATHS;
  const host = {
    context,
    paths,
    cpuFlags: readCpuFlags(paths),
    isRoot: process.geteuid?.() === 0,
    hasSystemd: existsSync('/run/systemd/system'),
  };
  try {
    const connection = await within(CONNECT_MS, `libvirt at ${context.uri}`, () => context.connect());
    return { ...host, connection, fault: undefined };
  } catch (error) {
    return { ...host, connection: undefined, fault: asFault(error) };
  }
}

async function carryOut(name: string, check: Check, host: Host): Promise<readonly Finding[]> {
  try {
    return await within(CHECK_MS, `the check "${name}"`, () => check(host));
  } catch (error) {
    const { message, hint } = asFault(error);
    return [
      problem(name, `This could not be looked at: ${message}`, hint ?? 'Run novalet doctor again as root.'),
    ];
  }
}

async function checkPrograms({ context }: Host): Promise<readonly Finding[]> {
  const needs = programNeeds(process.arch, context.isSession);
  const path = context.searchPath ?? process.env['PATH'] ?? '';
  return decidePrograms(needs, await missingPrograms(needs, path));
}

async function checkLibvirt(host: Host): Promise<readonly Finding[]> {
  const { uri, isSession } = host.context;
  const names = ['libvirt-sock', 'virtqemud-sock'].map((name) => join(socketDirectory(isSession), name));
  const socket = await lookAtSockets(names);
  const { isRoot, hasSystemd, fault } = host;
  return [decideLibvirt({ uri, isSession, socket, isRoot, hasSystemd, fault })];
}

async function checkVersions({ connection }: Host): Promise<readonly Finding[]> {
  return connection === undefined ? [] : [decideVersions(await connection.versions())];
}

async function checkVirtlogd({ context, isRoot, hasSystemd }: Host): Promise<readonly Finding[]> {
  const { isSession } = context;
  const socket = await lookAtSocket(join(socketDirectory(isSession), 'virtlogd-sock'));
  return [decideVirtlogd({ socket, isSession, isRoot, hasSystemd })];
}

async function checkKvm(host: Host): Promise<readonly Finding[]> {
  const { connection, cpuFlags, paths } = host;
  const capabilities =
    connection === undefined ? undefined : readCapabilities(await connection.capabilities());
  const arch = capabilities?.arch ?? LIBVIRT_ARCHS[process.arch] ?? process.arch;
  const guest = capabilities?.guests.find((each) => each.arch === arch);
  const verdict = decideKvm({
    arch,
    cpuFlags,
    device: lookAtDevice(paths.kvmDevice, userOf(host)),
    isOffered: guest === undefined ? null : guest.domainTypes.includes('kvm'),
  });
  const emulator = guest?.emulator ?? null;
  const mayProbe = verdict.works && arch === 'x86_64' && emulator !== null;
  const probe = mayProbe
    ? await probeAccelerator({ emulator, accelerator: 'kvm', timeoutMs: PROBE_MS })
    : null;
  return [decideKvmFinding(verdict, cpuFlags.has('hypervisor'), probe, host.context.isSession)];
}

async function checkCacheTrap(host: Host): Promise<readonly Finding[]> {
  const device = statOrUndefined(host.paths.kvmDevice);
  return [decideCacheTrap({ device, qemuUser: userOf(host), isSession: host.context.isSession })];
}

async function checkAgentChannel({ connection }: Host): Promise<readonly Finding[]> {
  return connection === undefined ? [] : [decideAgentChannel(await connection.domainCapabilities({}))];
}

async function checkSocketPath({ context, connection }: Host): Promise<readonly Finding[]> {
  if (!context.isSession || connection === undefined) return [];
  const configHome = process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config');
  return [decideSocketPath({ configHome, libvirtVersion: (await connection.versions()).libvirt })];
}

async function checkNetwork({ context, connection }: Host): Promise<readonly Finding[]> {
  const { networkName: name, isSession } = context;
  if (connection === undefined) return [];
  const networks = isSession ? null : await connection.listNetworks();
  return [decideNetwork({ name, isSession, networks })];
}

const LIBVIRT_ARCHS: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', s390x: 's390x' };

function userOf({ context, paths }: Host) {
  return context.isSession ? null : qemuUser(readUserFiles(paths));
}

/** Where libvirt's daemons put their sockets; libvirt, "Daemons". */
function socketDirectory(isSession: boolean): string {
  if (!isSession) return '/run/libvirt';
  const runtime = process.env['XDG_RUNTIME_DIR'] || join(homedir(), '.cache');
  return join(runtime, 'libvirt');
}
