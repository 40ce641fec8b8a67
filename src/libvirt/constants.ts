// libvirt's numbers, under libvirt's names; test/host/libvirt/constants.test.ts compares each with the installed headers.

/** Flags and enumerators that calls are given. */
export const NUMBERS = {
  VIR_DOMAIN_START_PAUSED: 1 << 0,
  VIR_DOMAIN_START_AUTODESTROY: 1 << 1,
  VIR_DOMAIN_START_VALIDATE: 1 << 4,
  VIR_DOMAIN_DEFINE_VALIDATE: 1 << 0,
  VIR_DOMAIN_XML_SECURE: 1 << 0,
  VIR_DOMAIN_XML_INACTIVE: 1 << 1,
  VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN: 1 << 0,
  VIR_DOMAIN_SHUTDOWN_GUEST_AGENT: 1 << 1,
  VIR_DOMAIN_REBOOT_ACPI_POWER_BTN: 1 << 0,
  VIR_DOMAIN_REBOOT_GUEST_AGENT: 1 << 1,
  VIR_DOMAIN_DESTROY_GRACEFUL: 1 << 0,
  VIR_DOMAIN_UNDEFINE_MANAGED_SAVE: 1 << 0,
  VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA: 1 << 1,
  VIR_DOMAIN_UNDEFINE_NVRAM: 1 << 2,
  VIR_DOMAIN_UNDEFINE_KEEP_NVRAM: 1 << 3,
  VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA: 1 << 4,
  VIR_DOMAIN_UNDEFINE_TPM: 1 << 5,
  VIR_DOMAIN_UNDEFINE_KEEP_TPM: 1 << 6,
  VIR_DOMAIN_METADATA_DESCRIPTION: 0,
  VIR_DOMAIN_METADATA_TITLE: 1,
  VIR_DOMAIN_METADATA_ELEMENT: 2,
  VIR_DOMAIN_AFFECT_CURRENT: 0,
  VIR_DOMAIN_AFFECT_LIVE: 1 << 0,
  VIR_DOMAIN_AFFECT_CONFIG: 1 << 1,
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE: 0,
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT: 1,
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP: 2,
  VIR_DOMAIN_PASSWORD_ENCRYPTED: 1 << 0,
  VIR_CONNECT_LIST_DOMAINS_ACTIVE: 1 << 0,
  VIR_CONNECT_LIST_DOMAINS_INACTIVE: 1 << 1,
  VIR_CONNECT_LIST_NETWORKS_INACTIVE: 1 << 0,
  VIR_CONNECT_LIST_NETWORKS_ACTIVE: 1 << 1,
  VIR_NETWORK_DEFINE_VALIDATE: 1 << 0,
  VIR_NETWORK_CREATE_VALIDATE: 1 << 0,
  VIR_NETWORK_XML_INACTIVE: 1 << 0,
  VIR_NETWORK_UPDATE_AFFECT_CURRENT: 0,
  VIR_NETWORK_UPDATE_AFFECT_LIVE: 1 << 0,
  VIR_NETWORK_UPDATE_AFFECT_CONFIG: 1 << 1,
  VIR_NETWORK_UPDATE_COMMAND_MODIFY: 1,
  VIR_NETWORK_UPDATE_COMMAND_DELETE: 2,
  VIR_NETWORK_UPDATE_COMMAND_ADD_LAST: 3,
  VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST: 4,
  VIR_NETWORK_SECTION_IP_DHCP_HOST: 4,
  VIR_NETWORK_SECTION_IP_DHCP_RANGE: 5,
  VIR_NETWORK_SECTION_PORTGROUP: 9,
  VIR_NETWORK_SECTION_DNS_HOST: 10,
  VIR_NETWORK_SECTION_DNS_TXT: 11,
  VIR_NETWORK_SECTION_DNS_SRV: 12,
} as const;

/** Error codes (virErrorNumber) that have a meaning of their own here. */
export const ERRORS = {
  VIR_ERR_INTERNAL_ERROR: 1,
  VIR_ERR_NO_MEMORY: 2,
  VIR_ERR_NO_SUPPORT: 3,
  VIR_ERR_NO_CONNECT: 5,
  VIR_ERR_INVALID_ARG: 8,
  VIR_ERR_OPERATION_FAILED: 9,
  VIR_ERR_XML_ERROR: 27,
  VIR_ERR_DOM_EXIST: 28,
  VIR_ERR_OPERATION_DENIED: 29,
  VIR_ERR_XML_DETAIL: 35,
  VIR_ERR_NETWORK_EXIST: 37,
  VIR_ERR_SYSTEM_ERROR: 38,
  VIR_ERR_RPC: 39,
  VIR_ERR_NO_DOMAIN: 42,
  VIR_ERR_NO_NETWORK: 43,
  VIR_ERR_INVALID_MAC: 44,
  VIR_ERR_AUTH_FAILED: 45,
  VIR_ERR_OPERATION_INVALID: 55,
  VIR_ERR_CONFIG_UNSUPPORTED: 67,
  VIR_ERR_OPERATION_TIMEOUT: 68,
  VIR_ERR_ARGUMENT_UNSUPPORTED: 74,
  VIR_ERR_OPERATION_ABORTED: 78,
  VIR_ERR_AUTH_CANCELLED: 79,
  VIR_ERR_NO_DOMAIN_METADATA: 80,
  VIR_ERR_OPERATION_UNSUPPORTED: 84,
  VIR_ERR_AGENT_UNRESPONSIVE: 86,
  VIR_ERR_RESOURCE_BUSY: 87,
  VIR_ERR_ACCESS_DENIED: 88,
  VIR_ERR_CPU_INCOMPATIBLE: 91,
  VIR_ERR_XML_INVALID_SCHEMA: 92,
  VIR_ERR_AUTH_UNAVAILABLE: 94,
  VIR_ERR_AGENT_UNSYNCED: 97,
  VIR_ERR_DEVICE_MISSING: 99,
  VIR_ERR_AGENT_COMMAND_TIMEOUT: 112, // libvirt 11.2 and later
  VIR_ERR_AGENT_COMMAND_FAILED: 113, // libvirt 11.2 and later
} as const;

/** Parts of libvirt that report errors (virErrorDomain). */
export const ERROR_DOMAINS = {
  VIR_FROM_AUTH: 46,
  VIR_FROM_DBUS: 47,
  VIR_FROM_ACCESS: 55,
  VIR_FROM_POLKIT: 60,
} as const;

/** Enumerations that come back: the position of each name is its number, the key is the names' common beginning. */
export const ENUMERATIONS = {
  VIR_DOMAIN_: ['NOSTATE', 'RUNNING', 'BLOCKED', 'PAUSED', 'SHUTDOWN', 'SHUTOFF', 'CRASHED', 'PMSUSPENDED'],
  VIR_DOMAIN_EVENT_: [
    'DEFINED',
    'UNDEFINED',
    'STARTED',
    'SUSPENDED',
    'RESUMED',
    'STOPPED',
    'SHUTDOWN',
    'PMSUSPENDED',
    'CRASHED',
  ],
  VIR_DOMAIN_EVENT_DEFINED_: ['ADDED', 'UPDATED', 'RENAMED', 'FROM_SNAPSHOT'],
  VIR_DOMAIN_EVENT_UNDEFINED_: ['REMOVED', 'RENAMED'],
  VIR_DOMAIN_EVENT_STARTED_: ['BOOTED', 'MIGRATED', 'RESTORED', 'FROM_SNAPSHOT', 'WAKEUP'],
  VIR_DOMAIN_EVENT_SUSPENDED_: [
    'PAUSED',
    'MIGRATED',
    'IOERROR',
    'WATCHDOG',
    'RESTORED',
    'FROM_SNAPSHOT',
    'API_ERROR',
    'POSTCOPY',
    'POSTCOPY_FAILED',
  ],
  VIR_DOMAIN_EVENT_RESUMED_: ['UNPAUSED', 'MIGRATED', 'FROM_SNAPSHOT', 'POSTCOPY', 'POSTCOPY_FAILED'],
  VIR_DOMAIN_EVENT_STOPPED_: [
    'SHUTDOWN',
    'DESTROYED',
    'CRASHED',
    'MIGRATED',
    'SAVED',
    'FAILED',
    'FROM_SNAPSHOT',
  ],
  VIR_DOMAIN_EVENT_SHUTDOWN_: ['FINISHED', 'GUEST', 'HOST'],
  VIR_DOMAIN_EVENT_PMSUSPENDED_: ['MEMORY', 'DISK'],
  VIR_DOMAIN_EVENT_CRASHED_: ['PANICKED', 'CRASHLOADED'],
  VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_: [undefined, 'CONNECTED', 'DISCONNECTED'],
  VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_: ['UNKNOWN', 'DOMAIN_STARTED', 'CHANNEL'],
  VIR_CONNECT_CLOSE_REASON_: ['ERROR', 'EOF', 'KEEPALIVE', 'CLIENT'],
  VIR_IP_ADDR_TYPE_: ['IPV4', 'IPV6'],
} as const;

type Enumerations = typeof ENUMERATIONS;
type Kebab<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}-${Kebab<Tail>}`
  : Lowercase<Name>;

/** The words of one enumeration: its names without their beginning, in kebab case, and `unknown` for later ones. */
export type WordOf<Prefix extends keyof Enumerations> =
  | Kebab<Exclude<Enumerations[Prefix][number], undefined>>
  | 'unknown';

/** 5 of `VIR_DOMAIN_` → `shutoff`; a number that this version does not know → `unknown`. */
export function wordOf<Prefix extends keyof Enumerations>(prefix: Prefix, value: number): WordOf<Prefix> {
  const names: readonly (string | undefined)[] = ENUMERATIONS[prefix];
  const word = names[value]?.toLowerCase().replaceAll('_', '-') ?? 'unknown';
  return word as WordOf<Prefix>; // the same rule as the type's, applied to the same table
}

/** Adds up the flags whose condition holds. */
export function flags(...wanted: readonly (readonly [keyof typeof NUMBERS, boolean | undefined])[]): number {
  let sum = 0;
  for (const [name, on] of wanted) if (on === true) sum |= NUMBERS[name];
  return sum;
}
