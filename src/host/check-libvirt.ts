// Does libvirt answer, and if not, what stands in the way: its socket, its daemon, a permission? Is it new enough?
import { asFault, type Fault, isFault } from '../base/index.ts';
import { connectUnix } from '../hostlink/index.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

export type SocketSight = 'answers' | 'missing' | 'denied' | 'refused';

export interface LibvirtSight {
  readonly uri: string;
  readonly isSession: boolean;
  /** The best of the sockets that a daemon for this URI may listen on. */
  readonly socket: SocketSight;
  readonly isRoot: boolean;
  /** Whether systemd manages this host's services. */
  readonly hasSystemd: boolean;
  /** Why the connection could not be opened; undefined when it was. */
  readonly fault: Fault | undefined;
}

/** Pure. */
export function decideLibvirt(sight: LibvirtSight): Finding {
  const { uri, fault } = sight;
  if (fault === undefined) return ok('libvirt', `libvirt answers at ${uri}`);
  if (sight.isSession) {
    return problem(
      'libvirt',
      `libvirt does not answer at ${uri}: ${fault.message}`,
      fault.hint ??
        'libvirt starts its per-user daemon by itself; see whether it can: libvirtd --verbose (apt install libvirt-daemon)',
    );
  }
  // Who is let in is decided behind the socket where polkit decides it.
  const socket = fault.kind === 'denied' ? 'denied' : sight.socket;
  switch (socket) {
    case 'missing':
      return problem('libvirt', 'libvirt does not run: it has no socket', startCommand(sight));
    case 'refused':
      return problem(
        'libvirt',
        "libvirt's socket is there, and no daemon listens on it",
        startCommand(sight),
      );
    case 'denied':
      return problem(
        'libvirt',
        `libvirt runs, and does not let this user use ${uri}`,
        'sudo usermod -aG libvirt $USER, then log in anew; or use the per-user mode: --connect qemu:///session',
      );
    case 'answers':
      return problem(
        'libvirt',
        `libvirt runs, and refuses the connection to ${uri}: ${fault.message}`,
        fault.hint ??
          (sight.isRoot
            ? 'Look into the log of libvirtd.'
            : 'Run as root, or as a member of the group libvirt.'),
      );
    default:
      return socket satisfies never;
  }
}

function startCommand({ hasSystemd }: LibvirtSight): string {
  const start = hasSystemd ? 'systemctl enable --now libvirtd' : 'virtlogd -d && libvirtd -d';
  return `${start} (when it is not installed: apt install libvirt-daemon-system)`;
}

/** Nova's own minimum; Ubuntu 22.04 has just these. */
const LIBVIRT_NEEDED = '8.0.0';
const QEMU_NEEDED = '6.2.0';

/** Pure. Versions as `9.0.0`. */
export function decideVersions(versions: { readonly libvirt: string; readonly hypervisor: string }): Finding {
  const are = `libvirt ${versions.libvirt} and QEMU ${versions.hypervisor}`;
  if (isAtLeast(versions.libvirt, LIBVIRT_NEEDED) && isAtLeast(versions.hypervisor, QEMU_NEEDED)) {
    return ok('versions', are);
  }
  return warning(
    'versions',
    `${are} are older than novalet is made for (libvirt ${LIBVIRT_NEEDED}, QEMU ${QEMU_NEEDED})`,
    'Use a newer release of the distribution: Debian 12, Ubuntu 22.04 or later.',
  );
}

/** Whether one version, as `9.0.0`, is as new as another. */
export function isAtLeast(version: string, needed: string): boolean {
  return version.localeCompare(needed, 'en', { numeric: true }) >= 0;
}

/** Tries the sockets one after the other; the best answer counts. */
export async function lookAtSockets(paths: readonly string[]): Promise<SocketSight> {
  const sights = await Promise.all(paths.map(lookAtSocket));
  const order: readonly SocketSight[] = ['answers', 'denied', 'refused', 'missing'];
  return order.find((sight) => sights.includes(sight)) ?? 'missing';
}

const CONNECT_MS = 2000;

export async function lookAtSocket(path: string): Promise<SocketSight> {
  try {
    const socket = await connectUnix(path, CONNECT_MS);
    socket.destroy();
    return 'answers';
  } catch (error) {
    if (isFault(error, 'SOCKET_DENIED')) return 'denied';
    if (isFault(error, 'SOCKET_REFUSED', 'TIMEOUT')) return 'refused';
    if (isFault(error, 'SOCKET_MISSING')) return 'missing';
    throw asFault(error);
  }
}
