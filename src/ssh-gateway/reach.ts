// What the gateway needs from below to lead somebody into a guest; wired over the engine by app/ssh-gateway.ts.
// Every call throws Faults, which a client gets to read.
import type { Duplex } from 'node:stream';
import type { GuestAccess } from '../compute/index.ts';
import type { Login } from './login.ts';

export type SpawnRequest = Parameters<GuestAccess['spawn']>[0];
export type GuestProcess = Awaited<ReturnType<GuestAccess['spawn']>>;
export type ProcessEnd = Awaited<GuestProcess['ended']>;
export type SignalName = Parameters<GuestProcess['signal']>[0];

/** Somebody who may log in; what they may do, `SshReach.authorize` says. */
export interface GatewaySubject {
  readonly name: string;
  /** Lines as in authorized_keys, without options. */
  readonly keys: readonly string[];
}

/** What a subject may do in one guest as one of its users. */
export interface Rights {
  readonly exec: boolean;
  readonly filesRead: boolean;
  readonly filesWrite: boolean;
  readonly forward: boolean;
}

/** A login that was allowed. */
export interface Admission {
  readonly instance: { readonly id: string; readonly name: string };
  readonly guestUser: string;
  readonly may: Rights;
}

/** Inside the guest. */
export type GuestAddress =
  | { readonly host: string; readonly port: number }
  /** A unix socket. */
  | { readonly path: string };

/** Listens inside the guest until it is disposed of. */
export interface GuestListener extends AsyncDisposable {
  /** The port that was taken where 0 was asked for; 0 for a unix socket. */
  readonly port: number;
}

/** One who connected to a `GuestListener`. */
export interface GuestCaller {
  /** Half-closed as TCP is: its readable may end while its writable goes on. */
  readonly stream: Duplex;
  readonly host: string;
  readonly port: number;
}

/** One guest, shared by everything that one connection does in it. */
export interface GuestReach extends AsyncDisposable {
  spawn(request: SpawnRequest): Promise<GuestProcess>;
  /** An SFTP server of the guest on three pipes, as `user`. */
  sftp(user: string, readOnly: boolean): Promise<GuestProcess>;
  connect(address: GuestAddress): Promise<Duplex>;
  listen(address: GuestAddress, onConnection: (caller: GuestCaller) => void): Promise<GuestListener>;
}

export interface SshReach {
  /**
   * Throws a fault of kind `denied` or `not-found` for an instance or a user that the subject may not reach. `origin` is
   * `ssh HOST:PORT`, for the audit.
   */
  authorize(subject: string, login: Login, origin: string): Promise<Admission>;
  open(subject: string, admission: Admission, origin: string): Promise<GuestReach>;
}

/** What was done on one channel, when it is over; of what lasts long, that it goes on. */
export interface SessionRecord {
  readonly subject: string;
  readonly origin: string;
  readonly instance: { readonly id: string; readonly name: string };
  readonly guestUser: string;
  readonly what: 'exec' | 'shell' | 'sftp' | 'connect' | 'listen';
  readonly privilege: 'exec' | 'files-read' | 'files-write' | 'forward';
  /** A command's first word, an address; null for a shell. */
  readonly target: string | null;
  /** The whole command line; recorded only where the operator asked for arguments. */
  readonly arguments?: readonly string[] | undefined;
  /** `started`: it lasts, and another record comes when it is over. */
  readonly outcome: 'ok' | 'failed' | 'denied' | 'cancelled' | 'unknown' | 'started';
  readonly code: string | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  readonly via: string | null;
  readonly ms: number;
  /** The same in both records of what has two. */
  readonly reach?: string | undefined;
}
