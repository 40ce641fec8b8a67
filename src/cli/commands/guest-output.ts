// The guest's bytes and names on stdout: as they are to a file or a pipe, only what is printable to a terminal.
import { encodeName } from '../../base/index.ts';
import { PrintableStream, printableLine } from '../printable.ts';
import type { Session } from '../session.ts';

export function outlet(session: Session): (bytes: Uint8Array) => Promise<void> {
  if (session.streams.stdout.isTTY !== true) return (bytes) => session.write(bytes);
  const printable = new PrintableStream();
  return (bytes) => session.write(printable.write(bytes));
}

/** A name on a line of its own, with words before it. */
export function nameLine(session: Session, before: string, name: string): Uint8Array {
  const shown = session.streams.stdout.isTTY === true ? Buffer.from(printableLine(name)) : encodeName(name);
  return Buffer.concat([Buffer.from(before), shown, Buffer.from('\n')]);
}
