// The documents of a NoCloud drive (label `cidata`), as path → bytes. Pure: the same input gives the same bytes.
// They are YAML for cloud-init, written as JSON, which is YAML. Source: cloud-init, "NoCloud".
import { Secret } from '../base/index.ts';
import type { NetworkConfigVersion } from '../model/index.ts';
import { fullHostname } from './hostname.ts';
import { checkMeta } from './instance-meta.ts';
import { interfacesFile } from './interfaces-file.ts';
import { type Audience, type JsonValue, jsonFor, opaqueFor } from './json.ts';
import { DEFAULT_AVAILABILITY_ZONE, DEFAULT_DHCP_DOMAIN, type MetadataInput } from './metadata-input.ts';
import { networkConfig } from './network-config.ts';
import { keysByName, maskable } from './openstack.ts';

/** What JSON may hold as it is and YAML may not, but for pairs of surrogates. */
const UNPRINTABLE = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * `meta-data`, `user-data`, `vendor-data` and `network-config`; the last two where there is something to say. cloud-init
 * takes no drive without the first two. The administrator's password is not there in clear: cloud-init keeps the metadata
 * where every user may read it. Throws `META_KEY_INVALID`, `META_VALUE_TOO_LONG`, `SSH_KEY_NAME_TWICE` and `METADATA_ADDRESS_INVALID`.
 */
export function noCloudDocuments(
  input: MetadataInput,
  networkVersion: NetworkConfigVersion = 2,
  audience: Audience = 'guest',
): ReadonlyMap<string, Uint8Array> {
  const network = networkConfig(input.nics, networkVersion, input.links);
  const vendorData = textOf(input.vendorData?.['cloud-init']);
  return new Map<string, Uint8Array>([
    ['meta-data', yaml(metaData(input), audience)],
    ['user-data', opaqueFor(audience, input.userData?.reveal() ?? new Uint8Array())],
    ...(vendorData === undefined
      ? []
      : [['vendor-data', opaqueFor(audience, Buffer.from(vendorData))] as const]),
    ...(network === undefined ? [] : [['network-config', yaml(network, audience)] as const]),
  ]);
}

function metaData(input: MetadataInput): JsonValue {
  const meta = Object.entries(checkMeta(input.meta));
  const interfaces = interfacesFile(input); // cloud-init looks at network-config first
  const keys = Object.values(keysByName(input.keys)); // a list: of a map, cloudbase-init wants one in every value
  return {
    'instance-id': input.uuid,
    'local-hostname': fullHostname(input.hostname, input.dhcpDomain ?? DEFAULT_DHCP_DOMAIN),
    ...(keys.length === 0 ? {} : { 'public-keys': keys }),
    'availability-zone': input.availabilityZone ?? DEFAULT_AVAILABILITY_ZONE,
    'instance-type': input.flavorName,
    ...(interfaces === undefined ? {} : { 'network-interfaces': interfaces }),
    ...(meta.length === 0 ? {} : { meta: Object.fromEntries(meta.map(maskable)) }),
  };
}

function textOf(value: JsonValue | undefined): string | undefined {
  const text = value instanceof Secret ? value.reveal() : value;
  return typeof text === 'string' ? text : undefined;
}

function yaml(value: JsonValue, audience: Audience): Uint8Array {
  const text = jsonFor(audience, value).replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return Buffer.from(`${text}\n`);
}
