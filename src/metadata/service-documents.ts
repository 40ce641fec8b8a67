// What only the metadata service tells, beside the documents that a drive has as well: NoCloud's, and EC2's newer versions.
// Pure. Sources: cloud-init, "NoCloud" and "Amazon EC2"; AWS, "Instance metadata categories".
import { isIPv4 } from 'node:net';
import { type NetworkConfigVersion, NOCLOUD_SERVICE_URL } from '../model/index.ts';
import { networkOf } from './address.ts';
import { type DocumentsByPath, documentsOnDemand } from './documents.ts';
import { ec2MetaData } from './ec2.ts';
import { type Audience, type JsonValue, revealJson } from './json.ts';
import type { MetadataInput, MetadataNic } from './metadata-input.ts';
import { noCloudDocuments } from './nocloud.ts';

/** The newest version of EC2 that cloud-init asks for; it looks for its network cards there. */
export const NEWEST_EC2_VERSION = '2021-03-23';

/** Those of `documentsOnDemand`, `nocloud/…`, and `ec2/<newest>/…`; each made when it is first asked for. */
export function serviceDocuments(
  input: MetadataInput,
  networkVersion?: NetworkConfigVersion,
  audience: Audience = 'guest',
): DocumentsByPath {
  const onDrives = documentsOnDemand(input, audience);
  const makers = new Map<string, () => Uint8Array>([
    [`ec2/${NEWEST_EC2_VERSION}/meta-data.json`, () => json(newestMetaData(input))],
    [`ec2/${NEWEST_EC2_VERSION}/dynamic.json`, () => json({ 'instance-identity': identity(input) })],
    ['nocloud/cloud-config', () => Buffer.from(`#cloud-config\n${revealJson(SEED)}\n`)],
    ...noCloudMakers(input, networkVersion, audience),
  ]);
  const made = new Map<string, Uint8Array>();
  return {
    get: (path) => {
      const known = made.get(path);
      if (known !== undefined) return known;
      const bytes = makers.get(path)?.();
      if (bytes !== undefined) made.set(path, bytes);
      return bytes ?? onDrives.get(path);
    },
    has: (path) => makers.has(path) || onDrives.has(path),
    keys: () => [...makers.keys(), ...onDrives.keys()].values(),
  };
}

/** What a kernel's `cloud-config-url` may name: it says where the rest is. */
const SEED: JsonValue = {
  datasource_list: ['NoCloud', 'None'],
  datasource: { NoCloud: { seedfrom: NOCLOUD_SERVICE_URL } },
};

/** Without vendor data there is an empty document: for one that is not there cloud-init asks eleven times, a second apart. */
function noCloudMakers(
  input: MetadataInput,
  networkVersion: NetworkConfigVersion | undefined,
  audience: Audience,
): readonly (readonly [string, () => Uint8Array])[] {
  let made: ReadonlyMap<string, Uint8Array> | undefined;
  const from = (name: string) => () => {
    made ??= noCloudDocuments(input, networkVersion, audience);
    return made.get(name) ?? new Uint8Array();
  };
  return ['meta-data', 'user-data', 'vendor-data', 'network-config'].map((name) => [
    `nocloud/${name}`,
    from(name),
  ]);
}

function newestMetaData(input: MetadataInput): { readonly [key: string]: JsonValue } {
  const [first] = input.nics;
  const macs = input.nics.map((nic, at) => [nic.port.mac, card(nic, at)] as const);
  return {
    ...ec2MetaData(input),
    ...(first === undefined ? {} : { mac: first.port.mac }),
    network: { interfaces: { macs: Object.fromEntries(macs) } },
  };
}

/** cloud-init gives each such card DHCP, and every IPv4 address but the first by hand. */
function card({ port }: MetadataNic, at: number): JsonValue {
  const ofFour = port.fixedIps.filter(({ address }) => isIPv4(address));
  const [first] = ofFour;
  return {
    'device-number': String(at),
    'interface-id': `eni-${port.id.replaceAll('-', '').slice(0, 17)}`,
    mac: port.mac,
    ...(first === undefined
      ? {}
      : {
          'local-ipv4s': ofFour.map(({ address }) => address),
          'subnet-ipv4-cidr-block': `${networkOf(`${first.address}/${first.prefix}`).network}/${first.prefix}`,
        }),
  };
}

/** EC2's document as the text that it is there. */
function identity(input: MetadataInput): JsonValue {
  const {
    'instance-id': instanceId,
    'ami-id': imageId,
    'local-ipv4': privateIp,
    placement,
  } = ec2MetaData(input);
  const zone =
    typeof placement === 'object' && placement !== null && 'availability-zone' in placement
      ? placement['availability-zone']
      : '';
  const document = {
    accountId: input.projectId,
    availabilityZone: zone,
    imageId,
    instanceId,
    instanceType: input.flavorName,
    privateIp,
    region: zone,
    version: '2017-09-30',
  };
  return { document: JSON.stringify(document) };
}

function json(value: JsonValue): Uint8Array {
  return Buffer.from(revealJson(value));
}
