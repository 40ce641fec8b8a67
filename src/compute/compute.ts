// Everything a door may ask of the engine, in one list. Doors, the library and the command line know this and `model`.
// No door reaches past it; nothing here knows HTTP or a terminal.
import type { Secret } from '../base/index.ts';
import type { DocumentsByPath, GuestWishes, UserDataFile, WrittenFile } from '../metadata/index.ts';
import type {
  AgentWay,
  Datasource,
  Flavor,
  InjectedFile,
  Instance,
  LinkRequest,
  NetworkRequest,
  PowerState,
  SeedPlace,
} from '../model/index.ts';
import type { Manifests } from './apply/requests.ts';
import type { Backups } from './backups/backup-requests.ts';
import type { Capacity } from './claims/claim.ts';
import type { Cloning } from './clone/requests.ts';
import type { Consoles } from './consoles/requests.ts';
import type { CredentialsChanged, Keys, PasswordRequest } from './credential-requests.ts';
import type { Measuring } from './diagnostics/requests.ts';
import type { Disks } from './disks/disk-requests.ts';
import type { Exports } from './export/export-requests.ts';
import type { Forwarding, ForwardRequest, ForwardWatch } from './forward/requests.ts';
import type {
  ExecRequest,
  ExecResult,
  GuestAccess,
  GuestAddresses,
  GuestOptions,
  Guests,
} from './guest-requests.ts';
import type { Images } from './image-requests.ts';
import type { Interfaces } from './interfaces/requests.ts';
import type { Life } from './life-requests.ts';
import type { Networks } from './networks/requests.ts';
import type { BuildPlan } from './plan.ts';
import type { Ports } from './ports/requests.ts';
import type { Rebuilding } from './rebuild/requests.ts';
import type { Rescuing } from './rescue/requests.ts';
import type { Resizing } from './resize/requests.ts';
import type { ShareRequest, Shares } from './shares/requests.ts';
import type { Sizes } from './sizes/requests.ts';
import type { InstanceCopies } from './snapshots/requests.ts';
import type { Templates } from './templates/requests.ts';

export type * from './apply/requests.ts';
export type {
  BackupMade,
  BackupPlace,
  BackupRequest,
  BackupRestored,
  Backups,
  BackupView,
} from './backups/backup-requests.ts';
export type {
  Capacity,
  Resource,
  ResourceUse,
} from './claims/claim.ts';
export type {
  Cloned,
  CloneRequest,
  Cloning,
} from './clone/requests.ts';
export type {
  CloudInitRerun,
  CloudInitStatusOptions,
  RerunOptions,
} from './cloud-init-requests.ts';
export type {
  Consoles,
  OpenConsoleOptions,
  PressedKeys,
  SerialConsole,
  VncDisplay,
} from './consoles/requests.ts';
export type {
  CredentialOptions,
  CredentialRoad,
  CredentialsChanged,
  GuestKey,
  Keys,
  KeysChanged,
  KeysRequest,
  PasswordRequest,
} from './credential-requests.ts';
export type * from './diagnostics/requests.ts';
export type {
  AttachDiskRequest,
  DetachDiskOptions,
  DetachedDisk,
  Disks,
  DiskView,
  DiskWish,
  GrowDiskOptions,
  GrownDisk,
  GrowStep,
  Medium,
  MediumOptions,
} from './disks/disk-requests.ts';
export type {
  Exported,
  ExportRequest,
  Exports,
  ImportRequest,
  Sink,
} from './export/export-requests.ts';
export type {
  Forwarding,
  ForwardRequest,
  ForwardRoad,
  ForwardRule,
  ForwardWatch,
  LocalAddress,
  OpenForward,
} from './forward/requests.ts';
export type * from './guest-requests.ts';
export type {
  ImageAddRequest,
  ImageChanges,
  ImageSource,
  Images,
} from './image-requests.ts';
export type {
  AttachInterfaceRequest,
  InsideView,
  InterfaceAttached,
  Interfaces,
  InterfaceView,
} from './interfaces/requests.ts';
export type {
  Life,
  LockOptions,
  RecordChange,
  ShelveOptions,
} from './life-requests.ts';
export type {
  NetworkCreateRequest,
  Networks,
  NetworkView,
} from './networks/requests.ts';
export type {
  PortCreateRequest,
  Ports,
  PortView,
} from './ports/requests.ts';
export type { Rebuilding, RebuildRequest } from './rebuild/requests.ts';
export type {
  RescueRequest,
  Rescuing,
} from './rescue/requests.ts';
export type {
  ResizeOptions,
  ResizeRequest,
  Resizing,
} from './resize/requests.ts';
export type { ShareRequest, Shares } from './shares/requests.ts';
export type { SizeChange, SizeChanged, Sizes } from './sizes/requests.ts';
export type {
  Consistency,
  CreatedImage,
  CreatedSnapshot,
  CreateImageRequest,
  CreateSnapshotRequest,
  Quiesce,
  Rotation,
  Snapshots,
} from './snapshots/requests.ts';
export type {
  TemplateCreateRequest,
  TemplateLaunched,
  TemplateLaunchRequest,
  Templates,
  TemplateVerified,
  TemplateView,
} from './templates/requests.ts';
export type { GuestWishes, UserDataFile, WrittenFile };

export interface Compute
  extends AsyncDisposable,
    Cloning,
    Exports,
    InstanceCopies,
    Life,
    Measuring,
    Rebuilding,
    Resizing,
    Rescuing,
    Sizes {
  readonly flavors: Flavors;
  readonly images: Images;
  /** Knowing a guest, finding what ails it, and keeping it in order; all through its agent. */
  readonly guests: Guests;
  /** The disks of instances, and what is in their CD drives. */
  readonly disks: Disks;
  /** Network interfaces of instances after their launch. */
  readonly interfaces: Interfaces;
  /** The networks of this host, and those that novalet makes. */
  readonly networks: Networks;
  /** Network cards that have a name, a MAC address and an address of their own. */
  readonly ports: Ports;
  /** Guests' memory and disks at a moment, from which others go on. */
  readonly templates: Templates;
  /** Folders of the host that guests may mount. */
  readonly shares: Shares;
  /** Its console, screen and keyboard. */
  readonly consoles: Consoles;
  /** Copies of instances' disks, whole ones and what changed since. */
  readonly backups: Backups;
  /** Many things at once, as a file describes them. */
  readonly manifests: Manifests;
  /** What a guest may read about itself, as its records are now. */
  readonly documents: GuestDocuments;

  /** What `launch` would do, as a value; changes nothing. */
  planLaunch(request: LaunchRequest): Promise<BuildPlan>;
  /** Builds an instance and starts its domain. Resolves when the domain runs; takes all back when it fails. */
  launch(request: LaunchRequest, options?: ActOptions): Promise<Instance>;

  list(): Promise<readonly InstanceView[]>;
  /** `ref` everywhere: a name, a UUID, or the beginning of a UUID that fits one instance. Throws `INSTANCE_NOT_FOUND`. */
  show(ref: string): Promise<InstanceView>;
  /** Waits for a condition; a timeout says in which stage it stood. */
  waitFor(ref: string, condition: WaitCondition, options?: WaitOptions): Promise<void>;

  start(ref: string, options?: ActOptions): Promise<void>;
  /** Asks the guest (agent, then ACPI) and, after `timeoutMs` or at once with `force`, pulls the plug. */
  stop(ref: string, options?: StopOptions): Promise<void>;
  /**
   * Soft: asks the guest and, when it does not reboot in time, hard. Hard: pulls the plug, makes whichever of its files and
   * what of its definition is missing, and starts it; the repair of whatever is wrong but the content of its disks.
   */
  reboot(ref: string, options?: RebootOptions): Promise<Rebooted>;
  /** Removes the instance and all that belongs to it, in any state. Of an adopted one the files stay. */
  delete(ref: string, options?: ActOptions): Promise<Deleted>;

  /**
   * Takes a domain that libvirt has, running or off, under management as it is. Throws `DOMAIN_NOT_FOUND`, `DOMAIN_MANAGED`,
   * `DOMAIN_MANAGED_ELSEWHERE`, `DOMAIN_TRANSIENT`, `INSTANCE_NAME_TAKEN` or `INSTANCE_NAME_INVALID`.
   */
  adopt(request: AdoptRequest, options?: ActOptions): Promise<Instance>;
  /** Forgets an adopted instance; its domain stays as it is. Throws `INSTANCE_NOT_ADOPTED`. */
  release(ref: string, options?: ActOptions): Promise<Instance>;

  /** Reaches into a running guest: programs with live streams, files, jobs. Throws `INSTANCE_STATE_CONFLICT`. */
  guest(ref: string, options?: GuestOptions): Promise<GuestAccess>;
  /** Runs a program inside the guest through its agent. */
  exec(ref: string, request: ExecRequest, options?: ActOptions): Promise<ExecResult>;
  /** Opens ports and unix sockets of this host that lead into a running guest, until the result is disposed of. */
  forward(ref: string, request: ForwardRequest, watch?: ForwardWatch): Promise<Forwarding>;
  /** By the agent, or on the disk of an instance that is off. Says which. */
  setPassword(ref: string, request: PasswordRequest, options?: ActOptions): Promise<CredentialsChanged>;
  /** The authorized SSH keys of the guest's users. */
  keys(ref: string): Promise<Keys>;
  /** The guest's interfaces, from the best source that answers: its agent, then the network's leases and what it was told. */
  addresses(ref: string, options?: ActOptions): Promise<GuestAddresses>;
  /** The file that the serial console is written to from the first second on. */
  consoleLog(ref: string): Promise<ConsoleLog>;

  /** What instances may hold of this host, and what they hold. */
  capacity(): Promise<Capacity>;
  /** What is wrong with this host, each finding with its cure. Never throws for a finding. */
  doctor(): Promise<readonly Finding[]>;
}

/**
 * Documents as a drive made now would have them, but for a password in clear, which is kept nowhere. They hold secrets: user
 * data, hashes of passwords, the random seed.
 */
export interface GuestDocuments {
  /** `openstack/<version>/…`, `openstack/content/…` and `ec2/<version>/…`. */
  openStack(ref: string): Promise<DocumentsByPath>;
  /** `meta-data`, `user-data` and, where there is something to say, `vendor-data` and `network-config`. */
  noCloud(ref: string): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Those of `openStack`, `nocloud/…` of the same names as `noCloud`'s, and EC2's newer versions: all that the metadata service tells. */
  service(ref: string): Promise<DocumentsByPath>;
  /** The same for people: passwords, hashes, the seed, user data and injected files are `[secret]`. */
  masked(ref: string): Promise<DocumentsByPath>;
  /** What the guest posted at `openstack/<version>/password`: encrypted for its owner's key, base64. */
  postedPassword(ref: string): Promise<string | undefined>;
  /** Keeps it unless there is one. Whether it was kept. */
  keepPostedPassword(ref: string, password: string): Promise<boolean>;
  /** Lets the guest post another one. Whether there was one. */
  clearPostedPassword(ref: string): Promise<boolean>;
}

export interface Flavors {
  list(): Promise<readonly Flavor[]>;
  show(name: string): Promise<Flavor>;
  /** Throws `FLAVOR_EXISTS`, `FLAVOR_INVALID` or the faults of extra specs. */
  create(flavor: Flavor): Promise<void>;
  remove(name: string): Promise<void>;
}

/** One act of a longer action: begins, may report how far it is, ends. Emitted synchronously around the act. */
export interface ProgressEvent {
  /** Stable kebab-case name of the step, for example `root-disk`. */
  readonly step: string;
  readonly phase: 'begin' | 'progress' | 'end';
  /** For people: "creating the root disk". */
  readonly what: string;
  readonly done?: number;
  readonly total?: number;
  /** `seconds` of a wait that is given up after `total`. */
  readonly unit?: 'bytes' | 'percent' | 'seconds';
}

export interface ActOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (event: ProgressEvent) => void;
}

export interface LaunchRequest {
  /** Name or id of the image. */
  readonly image: string;
  /** A readable one is made up when left out. */
  readonly name?: string;
  /** `m1.small` when left out. */
  readonly flavor?: string;
  /**
   * What cloud-init gets as user data; may hold secrets, so it is never logged. One is passed as it is, several become one MIME
   * document; the names are for messages.
   */
  readonly userData?: Uint8Array | readonly (Uint8Array | UserDataFile)[];
  /** False passes user data on unchecked, but for their size. True when left out. */
  readonly validate?: boolean;
  readonly sshKeys?: readonly { readonly name: string; readonly publicKey: string }[];
  /** What the guest shall be like; becomes a cloud-config of its own, which the user data overrule. */
  readonly guest?: GuestWishes;
  /**
   * What cloud-init takes from the config drive and writes at the first boot, root's with mode 0660: five files of 10 KiB at
   * most. `INJECTED_FILE_UNSUPPORTED` where the guest gets no such drive; `guest.writeFiles` reaches every guest.
   */
  readonly files?: readonly InjectedFile[];
  /** The administrator's: a guest with cloud-init gets its hash, as vendor data; Windows gets it in clear. */
  readonly adminPassword?: Secret;
  /**
   * Whether the password goes on the config drive in clear, as `admin_pass`; for images with `os_type=windows` when left out.
   * `ADMIN_PASSWORD_NOT_CARRIED` where the guest gets no such drive.
   */
  readonly plainAdminPassword?: boolean;
  /** A libvirt network, a bridge of the host, or `none`. The managed NAT network when left out. */
  readonly network?: string;
  /** The same for several network cards, or for one that is to be otherwise; in place of `network`. */
  readonly networks?: readonly NetworkRequest[];
  /** VLANs and bonds that the guest is to make of its cards, which have numbers from 0 on. A card in a bond has no addresses. */
  readonly links?: readonly LinkRequest[];
  /** True when left out; an image with img_config_drive=mandatory, or force_config_drive, gives one in any case. */
  readonly configDrive?: boolean;
  /**
   * What the drive is, or, of those without one, as what the guest asks the metadata service; the image's `novalet_datasource`,
   * else `config-drive`, when left out. A service has to run: `METADATA_SERVICE_NOT_RUNNING`.
   */
  readonly datasource?: Datasource;
  /** Where a `nocloud-net` guest is told the service's address; by its kernel where novalet boots that, else by SMBIOS, when left out. */
  readonly seedFrom?: SeedPlace;
  /** `cloud-config-url` of the kernel's command line, as MAAS gives it; needs an image with a kernel. */
  readonly cloudConfigUrl?: string;
  /** How the guest comes by an agent; the image's `novalet_agent`, else the configuration's `agent`, when left out. */
  readonly agent?: AgentWay;
  /** How many vCPUs, and how much memory, `changeSize` may give it while it runs; the flavor's when left out. */
  readonly maxVcpus?: number;
  readonly maxMemoryMiB?: number;
  /** Leaves it forbidden where the image forbids its agent to run programs and touch files (RHEL and kin do). */
  readonly keepAgentBlocks?: boolean;
  /** Folders of the host that the guest may mount. */
  readonly shares?: readonly ShareRequest[];
  /** `meta` of meta_data.json. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Words to find and group instances by; nothing of them reaches the guest. */
  readonly tags?: readonly string[];
  /**
   * A UUID that its kernel sees, and makes its random numbers anew when it becomes another one: for a guest that is to become
   * a template. None when left out; only x86 has it.
   */
  readonly generationId?: string;
}

export interface AdoptRequest {
  /** libvirt's name for it, or its UUID. */
  readonly domain: string;
  /** The name that Nova's metadata has, else the domain's, when left out. */
  readonly name?: string;
  readonly tags?: readonly string[];
  /** Adds ports for the agent and for a lane where there are none; also to a domain that was adopted already. */
  readonly addChannel?: boolean;
}

export interface Deleted {
  /** Files of the host that an adopted domain leaves. */
  readonly leftFiles: readonly string[];
}

/** What is recorded of an instance, together with what libvirt shows of it now. */
export interface InstanceView {
  readonly instance: Instance;
  readonly powerState: PowerState;
  /** Nova's API status: ACTIVE, SHUTOFF, BUILD, ERROR, PAUSED, SUSPENDED, REBOOT … */
  readonly status: string;
  /** Whether the agent holds its end of the channel open; `absent` when the domain has no channel. */
  readonly agent: 'connected' | 'disconnected' | 'absent' | 'unknown';
  /** VNC display as host:port or as a socket's path, when the domain runs and has one. */
  readonly vnc: string | null;
  /** Known from ports and leases, without asking the guest. */
  readonly addresses: readonly string[];
  /** The disks that its domain is made with: the instance's own but while it is rescued. */
  readonly attached: Pick<Instance, 'disks' | 'volumes'>;
}

export type WaitCondition =
  | { readonly kind: 'agent' }
  | { readonly kind: 'ip' }
  | { readonly kind: 'cloud-init' }
  /** An API status such as ACTIVE or SHUTOFF, any case. */
  | { readonly kind: 'status'; readonly status: string };

export interface WaitOptions extends ActOptions {
  /** 300 000 when left out. */
  readonly timeoutMs?: number;
}

export interface StopOptions extends ActOptions {
  readonly force?: boolean;
  /** How long the guest may take before the plug is pulled; 60 000 when left out (Nova's shutdown_timeout). */
  readonly timeoutMs?: number;
}

export interface Rebooted {
  /** Files that were missing, and were made again. */
  readonly madeAnew: readonly string[];
}

export interface RebootOptions extends ActOptions {
  readonly hard?: boolean;
  /** How long a soft reboot may take before it becomes a hard one; 120 000 when left out. */
  readonly timeoutMs?: number;
}

export interface ConsoleLog {
  readonly path: string;
  /** The last `maxBytes` of the log as bytes that the guest wrote: hostile. */
  read(maxBytes: number): Promise<Buffer>;
  /** The last `bytes` of the file, then new ones as they appear, until the signal fires. */
  follow(bytes: number, signal: AbortSignal): AsyncIterable<Buffer>;
}

export interface Finding {
  /** Stable kebab-case name of the check. */
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'problem';
  /** One sentence. */
  readonly what: string;
  /** A command or a sentence; there is one unless the status is ok. */
  readonly fix?: string;
}
