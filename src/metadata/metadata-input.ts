// All that the documents are made from, as one value. Nothing is looked up, and nothing is random: whoever builds the
// instance gives the seed.
import type { Secret } from '../base/index.ts';
import type { Addressing, Disk, GuestLink, InjectedFile, KeyPair, Port, UserData } from '../model/index.ts';
import type { JsonValue } from './json.ts';

/** Bytes of `random_seed`. */
export const RANDOM_SEED_BYTES = 512;
/** Nova's `[api]dhcp_domain`. */
export const DEFAULT_DHCP_DOMAIN = 'novalocal';
export const DEFAULT_AVAILABILITY_ZONE = 'nova';

export interface MetadataInput {
  readonly uuid: string;
  /** The instance's number; the EC2 instance id is made from it. */
  readonly number: number;
  /** The name that people use. */
  readonly name: string;
  /** The first label of the host name, from `sanitizeHostname`. */
  readonly hostname: string;
  /** What follows it; `novalocal` unless given, nothing where empty. */
  readonly dhcpDomain?: string;
  /** Which of several that were launched together; 0 unless given. */
  readonly launchIndex?: number;
  /** `nova` unless given. */
  readonly availabilityZone?: string;
  readonly projectId: string;
  readonly meta: Readonly<Record<string, string>>;
  /** Names must differ. */
  readonly keys: readonly KeyPair[];
  /** Only where a password was asked for. Drives carry it; the metadata service must not be given it. */
  readonly adminPassword?: Secret;
  readonly userData?: UserData;
  /** 512 random bytes, kept with the instance so that a drive built again is the same. */
  readonly randomSeed: Uint8Array;
  readonly flavorName: string;
  /** The image's UUID or name. */
  readonly imageRef: string;
  /** The same of the kernel and the ramdisk that novalet boots the guest with. */
  readonly kernelRef?: string | undefined;
  readonly ramdiskRef?: string | undefined;
  readonly nics: readonly MetadataNic[];
  /** VLANs and bonds that the guest is to make of its NICs, which are numbered in the order of `nics`. */
  readonly links?: readonly GuestLink[];
  /** Of /etc/network/interfaces, for guests that are to be given that too: Nova's flat_injected. */
  readonly interfacesTemplate?: string;
  readonly disks: readonly Disk[];
  /** Tagged devices, where the guest sees them. */
  readonly devices?: readonly TaggedDevice[];
  /** Host CPUs that are the guest's alone. */
  readonly dedicatedCpus?: readonly number[];
  /** Injected files: where the guest shall put them, and their bytes. */
  readonly files?: readonly InjectedFile[];
  /** What novalet itself wants of the guest: vendor_data.json, and `static` in vendor_data2.json. */
  readonly vendorData?: { readonly [key: string]: JsonValue };
}

export interface MetadataNic {
  readonly port: Port;
  readonly networkId: string;
  /** How the guest gets its addresses, one entry for each subnet. A NIC without any is left out of network_data.json. */
  readonly addressing: readonly Addressing[];
}

interface DevicePlace {
  readonly bus: 'pci' | 'usb' | 'scsi' | 'ide' | 'none';
  /** As the guest's bus has it, for example `0000:00:02.0`. */
  readonly address: string;
  readonly tags?: readonly string[];
}

export interface TaggedNic extends DevicePlace {
  readonly type: 'nic';
  readonly mac: string;
  readonly vlan?: number;
  readonly vfTrusted?: boolean;
}

export interface TaggedDisk extends DevicePlace {
  readonly type: 'disk';
  readonly serial?: string;
  readonly path?: string;
}

export type TaggedDevice = TaggedNic | TaggedDisk;
