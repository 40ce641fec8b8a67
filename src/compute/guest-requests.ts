// What may be asked of the inside of a running guest, and what comes back.
import type { Duplex } from 'node:stream';
import type {
  CloudInitStatus,
  Diagnosis,
  Files,
  Frozen,
  GuestFacts,
  GuestProcess,
  GuestRoutes,
  GuestTime,
  Jobs,
  MappedBy,
  Onlined,
  SpawnRequest,
  TimeSync,
  TrimmedFilesystem,
  Via,
} from '../guest/index.ts';
import type { DiskRole, Instance } from '../model/index.ts';
import type { CloudInitRerun, CloudInitStatusOptions, RerunOptions } from './cloud-init-requests.ts';
import type { ActOptions } from './compute.ts';
import type { Origin } from './reaches.ts';

export interface ExecRequest {
  /** Program and arguments; no shell in between. */
  readonly argv: readonly string[];
  /** Added to the environment of the agent's child. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Runs as this user of the guest. */
  readonly user?: string;
  readonly stdin?: Uint8Array;
  /** The whole tree is killed in the guest when it passes. No limit when left out. */
  readonly timeoutMs?: number;
  /** Bytes to keep of each stream, 16 MiB when left out; the rest is dropped and marked as truncated. */
  readonly maxOutputBytes?: number;
  /** The road to take; the best one there is when left out. */
  readonly via?: Via;
}

export interface ExecResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  /** For example `SIGKILL`; null when it exited by itself. */
  readonly signal: string | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly stdoutTruncated: boolean;
  readonly stderrTruncated: boolean;
  /** The road that was taken. */
  readonly via: Via;
}

export interface GuestOptions extends ActOptions {
  /** The road to take; the best one there is when left out. */
  readonly via?: Via;
  /** Who reaches in, where that is not whoever opened the engine: a door's user. */
  readonly by?: Origin;
  /** The caller writes the audit's lines, knowing more of each reach; privileges are checked here all the same. */
  readonly isRecorder?: boolean;
}

/** One guest, reached into. Everything in here goes over one road, opened when it is first needed and kept by the engine. */
export interface GuestAccess {
  readonly instance: Instance;
  /** The image's os_admin_user, else root: who is meant where a person names nobody. */
  readonly adminUser: string;
  readonly files: Files;
  /** Programs that go on without us. Always over the agent. */
  readonly jobs: Jobs;
  /** Starts a program with live streams; see guest/road.ts. */
  spawn(request: SpawnRequest): Promise<GuestProcess>;
  /** An SFTP server on the program's stdin and stdout, as `user`: our own over a lane, the guest's over the agent. */
  sftp(user: string, readOnly: boolean): Promise<GuestProcess>;
  /** Connects to something inside the guest. Only over a lane: else `ROAD_CANNOT`. */
  connect(address: GuestAddress, options?: ForwardOptions): Promise<Duplex>;
  /** Listens inside the guest, and hands each connection on. Only over a lane. */
  listen(
    address: GuestAddress,
    onConnection: (caller: GuestCaller) => void,
    options?: ForwardOptions,
  ): Promise<GuestListener>;
}

export interface ForwardOptions extends ActOptions {
  /** Of the guest: as whom it connects or listens, which unix sockets and ports below 1024 heed. Default root. */
  readonly user?: string | undefined;
}

/** Inside the guest: TCP, or the path of a unix socket. */
export type GuestAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface GuestListener extends AsyncDisposable {
  /** The one that was taken where 0 was asked for; 0 for a unix socket. */
  readonly port: number;
}

/** One who connected to a `GuestListener`. */
export interface GuestCaller {
  readonly stream: Duplex;
  readonly host: string;
  readonly port: number;
}

/** Each throws what the agent's absence throws; `guests.diagnose` finds out which it is, and throws nothing for it. */
export interface Guests {
  /** All that the guest tells of itself; what it cannot tell is absent with a reason. Throws `GUEST_FACTS_TIMEOUT`. */
  facts(ref: string, options?: ActOptions): Promise<GuestReport>;
  /** Which of the things that can be wrong is wrong, with its cure. */
  diagnose(ref: string, options?: ActOptions): Promise<Diagnosis>;
  /** Detaches the agent's channel from the running domain and attaches it again; resolves when the agent has answered. */
  resetChannel(ref: string, options?: ActOptions): Promise<void>;
  routes(ref: string, options?: ActOptions): Promise<GuestRoutes>;
  /** The guest's clock beside ours. */
  time(ref: string, options?: ActOptions): Promise<GuestTime>;
  /** Sets the guest's clock to ours. Throws `GUEST_TIME_NOT_SET`. */
  syncTime(ref: string, options?: ActOptions): Promise<TimeSync>;
  /** Gives back to the host what the guest's filesystems do not use. */
  trim(ref: string, options?: ActOptions): Promise<readonly TrimmedFilesystem[]>;
  /** Freezes the filesystems until `thaw`, or until the guest thaws itself at the deadline. Throws `FREEZE_UNGUARDED`. */
  freeze(ref: string, request: FreezeRequest, options?: ActOptions): Promise<Frozen>;
  thaw(ref: string, options?: ActOptions): Promise<Frozen>;
  /** Brings every processor online that the guest has left off. */
  onlineVcpus(ref: string, options?: ActOptions): Promise<Onlined>;
  /**
   * What the guest's cloud-init says of itself; with `wait`, when it has ended. Throws `CLOUD_INIT_MISSING`,
   * `CLOUD_INIT_ANSWER_INVALID` and `WAIT_TIMEOUT`; that cloud-init failed is no failure of asking it.
   */
  cloudInitStatus(ref: string, options?: CloudInitStatusOptions): Promise<CloudInitStatus>;
  /**
   * Has cloud-init forget that it ran, and run all its stages again. The guest does it to its end, also when nobody waits for
   * it any more. Throws `CLOUD_INIT_MISSING`, `CLOUD_INIT_FAILED` naming the stages, and `WAIT_TIMEOUT`.
   */
  rerunCloudInit(ref: string, options?: RerunOptions): Promise<CloudInitRerun>;
  /** One command of the agent's by its own name; what comes back is outside data, bounded in size only. */
  call(ref: string, request: AgentRequest, options?: ActOptions): Promise<unknown>;
}

export interface AgentRequest {
  /** As guest-info lists it: `guest-get-timezone` … */
  readonly command: string;
  readonly arguments?: object;
}

export interface GuestReport {
  readonly instance: Instance;
  readonly facts: GuestFacts;
  /** Of the guest's whole disks, those that are known to be ours. */
  readonly attachedDisks: readonly AttachedDisk[];
  /** For each filesystem the disks that it lies on; `guest` is the mount point. */
  readonly attachedFilesystems: readonly AttachedDisk[];
}

/** A disk of the guest and the one of ours that it is. */
export interface AttachedDisk {
  readonly guest: string;
  /** Of the disk in the domain: `vda`. */
  readonly target: string;
  readonly by: MappedBy;
  /** Null for a disk that somebody else attached. */
  readonly role: DiskRole | null;
}

export interface FreezeRequest {
  /** After so long the guest thaws by itself. Null: only a thaw ends it. */
  readonly deadlineMs: number | null;
  /** All that can be frozen when left out. */
  readonly mountpoints?: readonly string[];
}

export interface GuestAddresses {
  readonly source: 'agent' | 'lease';
  readonly interfaces: readonly GuestInterface[];
}

export interface GuestInterface {
  readonly name: string;
  readonly mac: string | null;
  readonly addresses: readonly {
    readonly address: string;
    readonly prefix: number;
    readonly family: 'ipv4' | 'ipv6';
  }[];
}
