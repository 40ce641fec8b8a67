// Every command of the agent as data: what it takes and gives, where it exists, whether it answers, works while the
// guest is frozen, and changes anything. Source: QEMU, qga/qapi-schema.json; held to the running agent by a test.

/** QAPI's types, as far as the agent's arguments need them; `?` at the end of a name: may be left out. */
interface ArgumentTypes {
  readonly int: number;
  readonly bool: boolean;
  readonly str: string;
  readonly 'str[]': readonly string[];
  /** `none`, `stdout`, `stderr`, `separated`, `merged`, or a boolean, which is all that agents before 8.0 take. */
  readonly capture: boolean | 'none' | 'stdout' | 'separated' | 'merged';
  readonly whence: 0 | 1 | 2 | 'set' | 'cur' | 'end';
  readonly 'vcpu[]': readonly { readonly 'logical-id': number; readonly online: boolean }[];
  readonly 'block[]': readonly { readonly 'phys-index': number; readonly online: boolean }[];
}

/** The systems whose agents can have it. */
export type AgentSystems = 'all' | 'linux' | 'linux-windows' | 'windows';

export interface AgentCommand {
  readonly arguments: Readonly<Record<string, keyof ArgumentTypes>>;
  /** QAPI's name of what comes back; null: an empty object. */
  readonly returns: string | null;
  readonly systems: AgentSystems;
  /** The version of QEMU that brought it, where that is newer than 7.2. */
  readonly since?: string;
  readonly changes?: true;
  /** Success has no reply. */
  readonly silent?: true;
  readonly whileFrozen?: true;
}

const READS = { arguments: {}, systems: 'all' } as const;
const ALWAYS = { systems: 'all', whileFrozen: true } as const;
const SUSPEND = { arguments: {}, returns: null, changes: true, silent: true } as const;

export const AGENT_COMMANDS = {
  'guest-sync-delimited': { ...ALWAYS, arguments: { id: 'int' }, returns: 'int' },
  'guest-sync': { ...ALWAYS, arguments: { id: 'int' }, returns: 'int' },
  'guest-ping': { ...ALWAYS, arguments: {}, returns: null },
  'guest-info': { ...ALWAYS, arguments: {}, returns: 'GuestAgentInfo' },
  'guest-get-time': { ...READS, returns: 'int' },
  'guest-set-time': { arguments: { 'time?': 'int' }, returns: null, systems: 'all', changes: true },
  'guest-shutdown': {
    arguments: { 'mode?': 'str' },
    returns: null,
    systems: 'all',
    changes: true,
    silent: true,
  },
  'guest-file-open': {
    arguments: { path: 'str', 'mode?': 'str' },
    returns: 'int',
    systems: 'all',
    changes: true,
  },
  'guest-file-close': { arguments: { handle: 'int' }, returns: null, systems: 'all', changes: true },
  'guest-file-read': {
    arguments: { handle: 'int', 'count?': 'int' },
    returns: 'GuestFileRead',
    systems: 'all',
  },
  'guest-file-write': {
    arguments: { handle: 'int', 'buf-b64': 'str', 'count?': 'int' },
    returns: 'GuestFileWrite',
    systems: 'all',
    changes: true,
  },
  'guest-file-seek': {
    arguments: { handle: 'int', offset: 'int', whence: 'whence' },
    returns: 'GuestFileSeek',
    systems: 'all',
  },
  'guest-file-flush': { arguments: { handle: 'int' }, returns: null, systems: 'all', changes: true },
  'guest-fsfreeze-status': {
    arguments: {},
    returns: 'GuestFsfreezeStatus',
    systems: 'linux-windows',
    whileFrozen: true,
  },
  'guest-fsfreeze-freeze': { arguments: {}, returns: 'int', systems: 'linux-windows', changes: true },
  'guest-fsfreeze-freeze-list': {
    arguments: { 'mountpoints?': 'str[]' },
    returns: 'int',
    systems: 'linux-windows',
    changes: true,
  },
  'guest-fsfreeze-thaw': {
    arguments: {},
    returns: 'int',
    systems: 'linux-windows',
    changes: true,
    whileFrozen: true,
  },
  'guest-fstrim': {
    arguments: { 'minimum?': 'int' },
    returns: 'GuestFilesystemTrimResponse',
    systems: 'linux-windows',
    changes: true,
  },
  'guest-suspend-disk': { ...SUSPEND, systems: 'linux-windows' },
  'guest-suspend-ram': { ...SUSPEND, systems: 'linux-windows' },
  'guest-suspend-hybrid': { ...SUSPEND, systems: 'linux' },
  'guest-network-get-interfaces': { ...READS, returns: 'GuestNetworkInterface[]' },
  'guest-network-get-route': {
    arguments: {},
    returns: 'GuestNetworkRoute[]',
    systems: 'linux-windows',
    since: '9.1',
  },
  'guest-get-vcpus': { arguments: {}, returns: 'GuestLogicalProcessor[]', systems: 'linux-windows' },
  'guest-set-vcpus': { arguments: { vcpus: 'vcpu[]' }, returns: 'int', systems: 'linux', changes: true },
  'guest-get-disks': { arguments: {}, returns: 'GuestDiskInfo[]', systems: 'linux-windows' },
  'guest-get-fsinfo': { arguments: {}, returns: 'GuestFilesystemInfo[]', systems: 'linux-windows' },
  'guest-set-user-password': {
    arguments: { username: 'str', password: 'str', crypted: 'bool' },
    returns: null,
    systems: 'all',
    changes: true,
  },
  'guest-get-memory-blocks': { arguments: {}, returns: 'GuestMemoryBlock[]', systems: 'linux' },
  'guest-set-memory-blocks': {
    arguments: { 'mem-blks': 'block[]' },
    returns: 'GuestMemoryBlockResponse[]',
    systems: 'linux',
    changes: true,
  },
  'guest-get-memory-block-info': { arguments: {}, returns: 'GuestMemoryBlockInfo', systems: 'linux' },
  'guest-exec': {
    arguments: {
      path: 'str',
      'arg?': 'str[]',
      'env?': 'str[]',
      'input-data?': 'str',
      'capture-output?': 'capture',
    },
    returns: 'GuestExec',
    systems: 'all',
    changes: true,
  },
  'guest-exec-status': {
    arguments: { pid: 'int' },
    returns: 'GuestExecStatus',
    systems: 'all',
    changes: true,
  },
  'guest-get-host-name': { ...READS, returns: 'GuestHostName' },
  'guest-get-users': { ...READS, returns: 'GuestUser[]' },
  'guest-get-timezone': { ...READS, returns: 'GuestTimezone' },
  'guest-get-osinfo': { ...READS, returns: 'GuestOSInfo' },
  'guest-get-devices': { arguments: {}, returns: 'GuestDeviceInfo[]', systems: 'windows' },
  'guest-ssh-get-authorized-keys': {
    arguments: { username: 'str' },
    returns: 'GuestAuthorizedKeys',
    systems: 'all',
  },
  'guest-ssh-add-authorized-keys': {
    arguments: { username: 'str', keys: 'str[]', 'reset?': 'bool' },
    returns: null,
    systems: 'all',
    changes: true,
  },
  'guest-ssh-remove-authorized-keys': {
    arguments: { username: 'str', keys: 'str[]' },
    returns: null,
    systems: 'all',
    changes: true,
  },
  'guest-get-diskstats': { arguments: {}, returns: 'GuestDiskStatsInfo[]', systems: 'linux' },
  'guest-get-cpustats': { arguments: {}, returns: 'GuestCpuStats[]', systems: 'linux' },
  'guest-get-load': { arguments: {}, returns: 'GuestLoadAverage', systems: 'all', since: '10.0' },
} as const satisfies Readonly<Record<string, AgentCommand>>;

export type AgentCommandName = keyof typeof AGENT_COMMANDS;

type Declared<Name extends AgentCommandName> = (typeof AGENT_COMMANDS)[Name]['arguments'];

type Value<Type> = Type extends keyof ArgumentTypes ? ArgumentTypes[Type] : never;

/** What a command takes, as TypeScript sees it: `AgentArguments<'guest-file-open'>` is `{ path: string; mode?: string }`. */
export type AgentArguments<Name extends AgentCommandName> = {
  readonly [Key in keyof Declared<Name> as Key extends `${string}?` ? never : Key]: Value<
    Declared<Name>[Key]
  >;
} & {
  readonly [Key in keyof Declared<Name> as Key extends `${infer Plain}?` ? Plain : never]?: Value<
    Declared<Name>[Key]
  >;
};

/** Whether the name is one of ours. */
export function isAgentCommand(name: string): name is AgentCommandName {
  return Object.hasOwn(AGENT_COMMANDS, name);
}

/** Whether a system's agent can have a command at all; `osId` is guest-get-osinfo's `id`. */
export function existsOn(systems: AgentSystems, osId: string | undefined): boolean {
  const isWindows = osId === 'mswindows';
  switch (systems) {
    case 'all':
    case 'linux-windows':
      return true;
    case 'windows':
      return isWindows;
    case 'linux':
      return !isWindows;
    default:
      return systems satisfies never;
  }
}
