// The documents below openstack/, for each version of the format. Keys, order and versions as in Nova 26 (nova.api.metadata).
import { Fault, Secret } from '../base/index.ts';
import { fullHostname } from './hostname.ts';
import { checkMeta } from './instance-meta.ts';
import { interfacesFile } from './interfaces-file.ts';
import type { JsonValue } from './json.ts';
import {
  DEFAULT_AVAILABILITY_ZONE,
  DEFAULT_DHCP_DOMAIN,
  type MetadataInput,
  RANDOM_SEED_BYTES,
  type TaggedDevice,
} from './metadata-input.ts';

/** Versions of the format, oldest first; `latest` is the last one. */
export const OPENSTACK_VERSIONS = [
  '2012-08-10',
  '2013-04-04',
  '2013-10-17',
  '2015-10-15',
  '2016-06-30',
  '2016-10-06',
  '2017-02-22',
  '2018-08-27',
  '2020-10-14',
] as const;

export type OpenStackVersion = (typeof OPENSTACK_VERSIONS)[number];

/** What `latest` stands for. */
export const NEWEST_VERSION: OpenStackVersion = '2020-10-14';

/** Versions are dates, and dates sort as text. */
export function has(since: OpenStackVersion, version: OpenStackVersion): boolean {
  return version >= since;
}

type JsonObject = { readonly [key: string]: JsonValue };

/** Keys under which cloudbase-init looks for a password in `meta`. */
const SECRET_META = new Set(['admin_pass', 'password']);

/** meta_data.json as a value. Throws the faults of `checkMeta`, `SSH_KEY_NAME_TWICE` and `RANDOM_SEED_INVALID`. */
export function openStackMetaData(input: MetadataInput, version: OpenStackVersion): JsonObject {
  const meta = Object.entries(checkMeta(input.meta));
  const hasInterfaces = interfacesFile(input) !== undefined;
  const files = (input.files ?? []).map(({ path }, at) => ({
    path,
    content_path: `/content/${contentName(hasInterfaces ? at + 1 : at)}`,
  }));
  return {
    uuid: input.uuid,
    ...(meta.length === 0 ? {} : { meta: Object.fromEntries(meta.map(maskable)) }),
    ...(files.length === 0 ? {} : { files }),
    ...(input.adminPassword === undefined ? {} : { admin_pass: input.adminPassword }),
    ...(hasInterfaces
      ? { network_config: { name: 'network_config', content_path: `/content/${contentName(0)}` } }
      : {}),
    ...keyDocuments(input),
    hostname: fullHostname(input.hostname, input.dhcpDomain ?? DEFAULT_DHCP_DOMAIN),
    name: input.name,
    launch_index: input.launchIndex ?? 0,
    availability_zone: input.availabilityZone ?? DEFAULT_AVAILABILITY_ZONE,
    ...(has('2013-04-04', version) ? { random_seed: randomSeed(input.randomSeed) } : {}),
    ...(has('2015-10-15', version) ? { project_id: input.projectId } : {}),
    ...(has('2016-06-30', version) ? { devices: devices(input.devices ?? [], version) } : {}),
    ...(has('2020-10-14', version) ? { dedicated_cpus: cpus(input.dedicatedCpus ?? []) } : {}),
  };
}

/** The name of the nth file below openstack/content/. */
export function contentName(index: number): string {
  return String(index).padStart(4, '0');
}

/** A pair of `meta`, whose value may be a password. */
export function maskable([key, value]: readonly [string, string]): readonly [string, JsonValue] {
  return [key, SECRET_META.has(key) ? new Secret(value) : value];
}

function keyDocuments({ keys }: MetadataInput): JsonObject {
  if (keys.length === 0) return {};
  return {
    public_keys: keysByName(keys),
    keys: keys.map(({ name, publicKey }) => ({ name, type: 'ssh', data: publicKey })),
  };
}

/** Throws `SSH_KEY_NAME_TWICE`. */
export function keysByName(keys: MetadataInput['keys']): Readonly<Record<string, string>> {
  const byName = new Map(keys.map(({ name, publicKey }) => [name, publicKey]));
  if (byName.size < keys.length) throw nameTwice(keys.map(({ name }) => name));
  return Object.fromEntries(byName);
}

function randomSeed(seed: Uint8Array): Secret {
  if (seed.length !== RANDOM_SEED_BYTES) {
    throw new Fault(
      'invalid',
      'RANDOM_SEED_INVALID',
      `The guest's random seed has ${seed.length} bytes instead of ${RANDOM_SEED_BYTES}`,
      {
        details: { bytes: seed.length },
        hint: 'The record of the instance is damaged; delete and launch it again.',
      },
    );
  }
  return new Secret(Buffer.from(seed).toString('base64'));
}

function devices(tagged: readonly TaggedDevice[], version: OpenStackVersion): readonly JsonValue[] {
  return tagged.flatMap((device) => {
    const place = {
      bus: device.bus,
      address: device.address,
      ...(device.tags === undefined ? {} : { tags: device.tags }),
    };
    if (device.type === 'disk') {
      const { serial, path } = device;
      return [
        {
          ...(serial === undefined ? {} : { serial }),
          ...(path === undefined ? {} : { path }),
          type: 'disk',
          ...place,
        },
      ];
    }
    const vlan = has('2017-02-22', version) && device.vlan !== undefined ? { vlan: device.vlan } : {};
    const trusted = has('2018-08-27', version) ? { vf_trusted: device.vfTrusted ?? false } : {};
    const extras = { ...vlan, ...trusted };
    // an old reader learns of a NIC only what it can understand: tags, or nothing at all
    if (device.tags === undefined && Object.keys(extras).length === 0) return [];
    return [{ ...extras, type: 'nic', mac: device.mac, ...place }];
  });
}

function cpus(numbers: readonly number[]): readonly number[] {
  return [...numbers].sort((a, b) => a - b);
}

function nameTwice(names: readonly string[]): Fault {
  const twice = names.find((name, at) => names.indexOf(name) !== at) ?? '';
  return new Fault('invalid', 'SSH_KEY_NAME_TWICE', `Two SSH public keys have the name "${twice}"`, {
    hint: 'Give each key a name of its own.',
  });
}
