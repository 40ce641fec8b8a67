// What a client gets to read when something fails, and the exit status that goes with it: as sshd's users expect,
// 127 and 126 for programs that are not there or cannot run, 255 for everything that is the gateway's or the road's.
import type { Fault } from '../base/index.ts';

const LONGEST = 1000;

/** Lines for standard error, ending with a line feed. A fault may quote the guest: only printable characters come out. */
export function faultText(fault: Fault): string {
  const hint = fault.hint === undefined ? '' : `novalet: ${plain(fault.hint)}\r\n`;
  return `novalet: ${plain(fault.message)} [${fault.code}]\r\n${hint}`;
}

export function exitStatusOf(fault: Fault): number {
  if (fault.code === 'EXEC_NOT_FOUND') return 127;
  if (fault.code === 'EXEC_NOT_EXECUTABLE') return 126;
  return 255;
}

/** One line without control characters, direction marks or line separators. */
export function plain(text: string): string {
  return text
    .slice(0, LONGEST)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ')
    .trim();
}
