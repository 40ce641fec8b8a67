// The documents below ec2/: meta-data as Nova 26 puts it on a drive, for the one version that it does not skip.
// Nova leaves a stray `_name` below public-keys there; this does not.
import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { Disk } from '../model/index.ts';
import { fullHostname } from './hostname.ts';
import type { JsonValue } from './json.ts';
import { DEFAULT_AVAILABILITY_ZONE, DEFAULT_DHCP_DOMAIN, type MetadataInput } from './metadata-input.ts';

export const EC2_VERSIONS = ['2009-04-04'] as const;

/** meta-data.json as a value. */
export function ec2MetaData(input: MetadataInput): { readonly [key: string]: JsonValue } {
  const hostname = fullHostname(input.hostname, input.dhcpDomain ?? DEFAULT_DHCP_DOMAIN);
  const keys = input.keys.map(({ publicKey }, at) => [String(at), { 'openssh-key': publicKey }] as const);
  return {
    ...imageId('ami-id', 'ami', input.imageRef),
    'ami-launch-index': input.launchIndex ?? 0,
    'ami-manifest-path': 'FIXME', // the word that Nova has there, and that readers have seen for ever
    'instance-id': ec2Id('i', input.number),
    hostname,
    'local-ipv4': localIpv4(input),
    'reservation-id': `r-${input.uuid.replaceAll('-', '').slice(0, 8)}`,
    'security-groups': ['default'],
    ...(keys.length === 0 ? {} : { 'public-keys': Object.fromEntries(keys) }),
    'local-hostname': hostname,
    'public-hostname': hostname,
    'public-ipv4': '',
    'instance-type': input.flavorName,
    'block-device-mapping': blockDeviceMapping(input.disks),
    ...imageId('kernel-id', 'aki', input.kernelRef),
    ...imageId('ramdisk-id', 'ari', input.ramdiskRef),
    placement: { 'availability-zone': input.availabilityZone ?? DEFAULT_AVAILABILITY_ZONE },
    'instance-action': 'none',
  };
}

/** `i-0000002a` for 42. */
function ec2Id(kind: string, number: number): string {
  return `${kind}-${number.toString(16).padStart(8, '0')}`;
}

function imageId(key: string, kind: string, ref: string | undefined): { readonly [key: string]: string } {
  return ref === undefined ? {} : { [key]: ec2Id(kind, imageNumber(ref)) };
}

/** Nova numbers images in a table; a number made from the reference is as stable, and needs none. */
function imageNumber(imageRef: string): number {
  return createHash('sha256').update(imageRef).digest().readUInt32BE();
}

function localIpv4({ nics }: MetadataInput): string {
  const known = nics.flatMap(({ port, addressing }) => [
    ...port.fixedIps.map(({ address }) => address),
    ...addressing.flatMap((entry) => (entry.kind === 'static' ? [entry.address] : [])),
  ]);
  return known.find((address) => isIPv4(address)) ?? '';
}

function blockDeviceMapping(disks: readonly Disk[]): { readonly [key: string]: string } {
  const devices = (role: Disk['role']) =>
    disks.filter((disk) => disk.role === role).map((disk) => `/dev/${disk.target}`);
  const [root] = devices('root');
  const [swap] = devices('swap');
  const ephemerals = devices('ephemeral').map((device, at) => [`ephemeral${at}`, device] as const);
  return {
    ...(root === undefined ? {} : { ami: root.slice('/dev/'.length), root }),
    ...Object.fromEntries(ephemerals),
    ...(swap === undefined ? {} : { swap }),
  };
}
