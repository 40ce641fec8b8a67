// A road into a guest: the one way that everything above runs programs and reaches files, whichever wire is below.
// Two exist: the lane (a virtio-serial port of ours with our server behind it) and the agent alone, slower, by scripts
// and files. What stands on roads (files, jobs, terminals) knows no difference but `via`.
import type { Readable, Writable } from 'node:stream';
import type { Secret } from '../base/index.ts';

/** Which road a call took; shown in results, logs and audit lines. */
export type Via = 'lane' | 'agent';

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

export interface SpawnRequest {
  /** Program and arguments; no shell in between. */
  readonly argv: readonly string[];
  /** Added to a small environment of the user's own (PATH, HOME, USER, LOGNAME, SHELL, and TERM with a terminal). */
  readonly env?: Readonly<Record<string, string | Secret>> | undefined;
  readonly cwd?: string | undefined;
  /** Name or number of the guest's user; root when left out. */
  readonly user?: string | undefined;
  /** A terminal instead of three pipes: everything comes on stdout, and stderr is empty. */
  readonly terminal?: (TerminalSize & { readonly term: string }) | undefined;
  /** Whether something will be written to `stdin`; otherwise the program reads /dev/null. A terminal always has it. */
  readonly stdin?: boolean | undefined;
  /** Ends the attempt to start, and nothing later. */
  readonly signal?: AbortSignal | undefined;
}

export type SignalName = `SIG${string}`;

/** How a program ended. One of the two is null. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  /** `SIGKILL` … */
  readonly signal: SignalName | null;
}

/**
 * A program that runs in the guest. Disposal kills what still runs of its tree. A road that breaks ends the streams with
 * an error and rejects `ended`: `LANE_LOST`, `GUEST_REBOOTED` and the like, with outcome `unknown`.
 */
export interface GuestProcess extends AsyncDisposable {
  readonly via: Via;
  /** In the guest. */
  readonly pid: number;
  readonly stdin: Writable;
  /** Not read means not written: the program waits, and memory on both sides stays bounded. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the program itself has ended; the streams may have more to give. */
  readonly ended: Promise<ProcessEnd>;
  /** To the program's process group; with a terminal, to the one in its foreground. */
  signal(name: SignalName): Promise<void>;
  /** SIGKILL to the whole tree, whatever sessions its members have made. */
  kill(): Promise<void>;
  resize(size: TerminalSize): Promise<void>;
}

/** Of the bytes as the guest read or wrote them, to be compared with those of our side. */
export interface Digest {
  /** As node:crypto names it. */
  readonly algorithm: 'blake2b512' | 'sha256';
  readonly hex: string;
}

export interface ReadRequest {
  readonly offset?: number | undefined;
  /** Whom the file is opened as; root when left out. */
  readonly user?: string | undefined;
  readonly withDigest?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface GuestSource extends AsyncDisposable {
  readonly via: Via;
  /** Of the whole file, when it was opened. */
  readonly size: number;
  /** From the offset to the end. */
  readonly stream: Readable;
  /** Of what the stream gave; resolves after its end. Rejects when none was asked for. */
  readonly digest: Promise<Digest>;
}

export interface WriteRequest {
  /** Permissions of a new file, exactly, from its first moment on. */
  readonly mode: number;
  /** `new`: fails where there is something. `truncate`: empties it. `at`: keeps the first `offset` bytes and cuts the rest. */
  readonly how: 'new' | 'truncate' | 'at';
  readonly offset?: number | undefined;
  readonly user?: string | undefined;
  readonly withDigest?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface GuestSink extends AsyncDisposable {
  readonly via: Via;
  /** Ending it flushes to the guest's disk. Disposal before that leaves what was written so far. */
  readonly stream: Writable;
  /** Resolves once everything is on the guest's disk; with the digest of what this stream wrote when that was asked for. */
  readonly finished: Promise<{ readonly bytes: number; readonly digest: Digest | undefined }>;
}

export interface Road {
  readonly via: Via;
  /**
   * Starts a program. Throws `EXEC_NOT_FOUND`, `EXEC_NOT_EXECUTABLE`, `EXEC_USER_UNKNOWN`, `EXEC_CWD_MISSING` and the
   * like when it could not.
   */
  spawn(request: SpawnRequest): Promise<GuestProcess>;
  /** Opens a regular file. Throws `GUEST_FILE_NOT_FOUND`, `GUEST_FILE_DENIED`, `GUEST_FILE_REFUSED`. */
  openRead(path: string, request?: ReadRequest): Promise<GuestSource>;
  openWrite(path: string, request: WriteRequest): Promise<GuestSink>;
}
