// Who reads a guest's documents, and image properties of our own that say so. They are no names of Nova's, to which they
// are anybody's.
import { Fault } from '../base/index.ts';
import type { RawValues } from './hardware-key.ts';

/** What the drive with a guest's documents is: OpenStack's, or NoCloud's. */
export const DRIVE_DATASOURCES = ['config-drive', 'nocloud'] as const;
export type DriveDatasource = (typeof DRIVE_DATASOURCES)[number];

/** What a guest without a drive asks the metadata service as: OpenStack's reader, EC2's, or NoCloud's with an address. */
export const SERVICE_DATASOURCES = ['openstack', 'ec2', 'nocloud-net'] as const;
export type ServiceDatasource = (typeof SERVICE_DATASOURCES)[number];

export const DATASOURCES = [...DRIVE_DATASOURCES, ...SERVICE_DATASOURCES] as const;
export type Datasource = DriveDatasource | ServiceDatasource;

export function isServiceDatasource(datasource: Datasource): datasource is ServiceDatasource {
  return SERVICE_DATASOURCES.some((one) => one === datasource);
}

/** Where guests find NoCloud's documents at the metadata service, in the one form that all its readers take. */
export const NOCLOUD_SERVICE_URL = 'http://169.254.169.254/nocloud/';

/** Where the address of a NoCloud service is told: the serial number in the SMBIOS tables, or the kernel's command line. */
export const SEED_PLACES = ['smbios', 'kernel'] as const;
export type SeedPlace = (typeof SEED_PLACES)[number];

/** How a guest comes to its documents where no drive has them. Recorded, so that every start of it says the same. */
export interface Carrier {
  /** Null where a drive has them, or nothing has. */
  readonly service: ServiceDatasource | null;
  /** Of `nocloud-net`; null otherwise. */
  readonly seedFrom: SeedPlace | null;
  /** An address that the kernel's command line names as `cloud-config-url`. */
  readonly cloudConfigUrl: string | null;
  /** What the kernel's command line has as `network-config`. */
  readonly networkConfig: string | null;
}

/** Versions of NoCloud's network-config. */
export const NETWORK_CONFIG_VERSIONS = [1, 2] as const;
export type NetworkConfigVersion = (typeof NETWORK_CONFIG_VERSIONS)[number];

export interface DatasourceProperties {
  /** `novalet_datasource`. */
  readonly datasource: Datasource | undefined;
  /** `novalet_network_config`. */
  readonly networkConfig: NetworkConfigVersion | undefined;
}

/** Throws `IMAGE_PROPERTY_INVALID`. */
export function datasourceProperties(raw: RawValues): DatasourceProperties {
  return {
    datasource: wordOf(raw, 'novalet_datasource', DATASOURCES),
    networkConfig: wordOf(raw, 'novalet_network_config', NETWORK_CONFIG_VERSIONS),
  };
}

function wordOf<const T extends string | number>(
  raw: RawValues,
  key: string,
  words: readonly T[],
): T | undefined {
  const text = raw[key];
  if (text === undefined) return undefined;
  const word = words.find((one) => String(one) === text);
  if (word !== undefined) return word;
  throw new Fault('invalid', 'IMAGE_PROPERTY_INVALID', `${key} is "${text.slice(0, 80)}"`, {
    hint: `${key} must be ${listed(words.map(String))}.`,
    details: { key },
  });
}

/** `a or b`, `a, b or c`. */
function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
