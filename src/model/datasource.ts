// Who reads a guest's documents, and image properties of our own that say so. They are no names of Nova's, to which they
// are anybody's.
import { Fault } from '../base/index.ts';
import type { RawValues } from './hardware-key.ts';

/** What the drive with a guest's documents is: OpenStack's, or NoCloud's. */
export const DATASOURCES = ['config-drive', 'nocloud'] as const;
export type Datasource = (typeof DATASOURCES)[number];

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
    hint: `${key} must be ${words.join(' or ')}.`,
    details: { key },
  });
}
