// Session mode: will the sockets that libvirt makes in the user's folders fit into what Linux allows? unix(7), sun_path.
import { join } from 'node:path';
import { isAtLeast } from './check-libvirt.ts';
import { type Finding, ok, problem } from './finding.ts';

export interface SocketPathSight {
  /** $XDG_CONFIG_HOME, or ~/.config without it. */
  readonly configHome: string;
  /** `9.0.0` */
  readonly libvirtVersion: string;
}

/** sun_path has 108 bytes, the last of which ends the string. */
const LONGEST = 107;
/** From here on libvirt makes them under XDG_RUNTIME_DIR, which is short. */
const SHORT_SINCE = '10.0.0';
/** What libvirt before that appends for the tenth guest that it starts: nine starts could work by chance. */
const AGENT_SOCKET = 'libvirt/qemu/channel/target/domain-10-instance-00000001/org.qemu.guest_agent.0';

/** Pure. */
export function decideSocketPath({ configHome, libvirtVersion }: SocketPathSight): Finding {
  const check = 'socket-path';
  const surplus = Buffer.byteLength(join(configHome, AGENT_SOCKET)) - LONGEST;
  if (isAtLeast(libvirtVersion, SHORT_SINCE) || surplus <= 0) {
    return ok(check, "The paths of the sockets of guests' agents are short enough");
  }
  return problem(
    check,
    `${configHome} is ${surplus} characters too long: libvirt makes the sockets of guests' agents below it, and Linux takes paths of ${LONGEST} bytes`,
    'Set XDG_CONFIG_HOME to a shorter directory of your own, such as /var/tmp/$USER, before libvirt starts its daemon (without guests it ends by itself after two minutes).',
  );
}
