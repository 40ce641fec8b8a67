// Does virtlogd run? It writes the serial consoles' log files, and a domain that logs does not start without it.
import type { SocketSight } from './check-libvirt.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

export interface VirtlogdSight {
  readonly socket: SocketSight;
  readonly isSession: boolean;
  readonly isRoot: boolean;
  readonly hasSystemd: boolean;
}

/** Pure. */
export function decideVirtlogd({ socket, isSession, isRoot, hasSystemd }: VirtlogdSight): Finding {
  const check = 'virtlogd';
  const start = hasSystemd ? 'systemctl enable --now virtlogd.socket' : 'virtlogd -d';
  if (socket === 'answers') return ok(check, 'virtlogd runs, which writes the console logs');
  if (isSession) return ok(check, 'libvirt starts virtlogd in session mode when it is needed');
  if (socket === 'denied' && !isRoot) {
    return ok(check, 'virtlogd has its socket; only root may see whether it answers');
  }
  if (socket === 'missing' && !isRoot) {
    return warning(check, 'virtlogd has no socket that this user can see', start);
  }
  return problem(
    check,
    'virtlogd does not run: guests cannot start, since it writes their console logs',
    start,
  );
}
