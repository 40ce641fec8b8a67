// What ssh2 1.17 knows of a connection and has no call for: requests that it drops, and a word before the login is refused.
// The one file that looks into its insides; test/host/ssh-gateway/sessions.test.ts fails when they change.
// Rules: RFC 4252, 5.4; RFC 4254, 6.9 and 6.7; OpenSSH's PROTOCOL, 2.1 (eow@openssh.com).
import type { Connection } from 'ssh2';
import { Fault } from '../base/index.ts';

export type LateRequest =
  /** The client's standard output is gone: it wants no more. */
  | { readonly kind: 'end-of-write' }
  | { readonly kind: 'signal'; readonly name: string }
  | { readonly kind: 'window-change'; readonly rows: number; readonly cols: number };

type Handler = (protocol: unknown, recipient: number, type: string, ...rest: unknown[]) => void;

/**
 * Hears, on every channel, that the client wants no more output, and what ssh2 drops after the client's end of file:
 * signals, and sizes of its terminal. `session` is what ssh2 gave for the channel.
 */
export function hearLateRequests(
  connection: Connection,
  hear: (session: object, request: LateRequest) => void,
): void {
  const handlers = inside(inside(connection, '_protocol'), '_handlers');
  const channels = inside(connection, '_chanMgr');
  const known: unknown = Reflect.get(handlers, 'CHANNEL_REQUEST');
  if (typeof known !== 'function') throw changed('CHANNEL_REQUEST');
  const handler: Handler = (protocol, recipient, type, ...rest) => {
    const session: unknown = Reflect.apply(method(channels, 'get'), channels, [recipient]);
    if (typeof session === 'object' && session !== null) {
      const request = requestOf(type, rest[1], Reflect.get(session, '_ending') === true);
      if (request !== undefined) hear(session, request);
    }
    Reflect.apply(known, handlers, [protocol, recipient, type, ...rest]); // answers, where an answer is wanted
  };
  Reflect.set(handlers, 'CHANNEL_REQUEST', handler);
}

/** Shows a line to who is not logged in yet. */
export function tellBeforeLogin(connection: Connection, line: string): void {
  const protocol = inside(connection, '_protocol');
  if (Reflect.get(protocol, '_kexinit') !== undefined) return; // nothing may be said while keys are exchanged
  const writer = inside(inside(protocol, '_packetRW'), 'write');
  const cipher = inside(protocol, '_cipher');
  const text = Buffer.from(line);
  const packet: unknown = Reflect.apply(method(writer, 'alloc'), writer, [1 + 4 + text.length + 4]);
  const start: unknown = Reflect.get(writer, 'allocStart');
  if (!Buffer.isBuffer(packet) || typeof start !== 'number') throw changed('alloc');
  packet[start] = USERAUTH_BANNER;
  packet.writeUInt32BE(text.length, start + 1);
  text.copy(packet, start + 5);
  packet.writeUInt32BE(0, start + 5 + text.length); // no language
  const finished: unknown = Reflect.apply(method(writer, 'finalize'), writer, [packet]);
  Reflect.apply(method(cipher, 'encrypt'), cipher, [finished]);
}

const USERAUTH_BANNER = 53;

function requestOf(type: string, data: unknown, hasEnded: boolean): LateRequest | undefined {
  if (type === 'eow@openssh.com') return { kind: 'end-of-write' };
  if (!hasEnded) return undefined; // ssh2 tells of it
  if (type === 'signal' && typeof data === 'string') return { kind: 'signal', name: data };
  if (type !== 'window-change' || typeof data !== 'object' || data === null) return undefined;
  const { rows, cols } = { rows: 0, cols: 0, ...data };
  return typeof rows === 'number' && typeof cols === 'number' ? { kind: type, rows, cols } : undefined;
}

function inside(of: object, name: string): object {
  const found: unknown = Reflect.get(of, name);
  if (typeof found === 'object' && found !== null) return found;
  throw changed(name);
}

function method(of: object, name: string): (...args: unknown[]) => unknown {
  const found: unknown = Reflect.get(of, name);
  if (typeof found === 'function') return (...args) => Reflect.apply(found, of, args);
  throw changed(name);
}

function changed(name: string): Fault {
  return new Fault('internal', 'SSH_LIBRARY_CHANGED', `ssh2 has no "${name}" where it had it`, {
    hint: 'Install the version of ssh2 that package-lock.json names: npm ci',
  });
}
