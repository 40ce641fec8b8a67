// How a guest without a drive comes to its documents: which reader of the metadata service it is to be, and what in its
// domain says so. Pure. What readers look for is cloud-init's (ds-identify and its datasources, 22.4 to 26.2).
import { Fault } from '../base/index.ts';
import {
  type Carrier,
  datasourceProperties,
  type Image,
  type Instance,
  isServiceDatasource,
  NOCLOUD_SERVICE_URL,
  type SeedPlace,
} from '../model/index.ts';
import type { LaunchRequest } from './compute.ts';

/** Held by whoever serves metadata. */
export const SERVICE_LEASE = 'service:metadata';

const MOST_URL_CHARACTERS = 1000;
/** Of Linux on x86_64 and aarch64, without the byte at the end. */
const MOST_LINE_CHARACTERS = 2047;

/** Null where a drive is all, or nothing. Throws `IMAGE_PROPERTY_INVALID`, `KERNEL_NEEDED`, `SEED_PLACE_UNUSED` and `CLOUD_CONFIG_URL_INVALID`. */
export function carrierOf(
  request: Pick<LaunchRequest, 'datasource' | 'seedFrom' | 'cloudConfigUrl'>,
  { name, properties }: Pick<Image, 'name' | 'properties'>,
): Carrier | null {
  const datasource = request.datasource ?? datasourceProperties(properties).datasource ?? 'config-drive';
  const service = isServiceDatasource(datasource) ? datasource : null;
  const hasKernel = properties['kernel_id'] !== undefined;
  const seedFrom = service === 'nocloud-net' ? (request.seedFrom ?? (hasKernel ? 'kernel' : 'smbios')) : null;
  if (request.seedFrom !== undefined && seedFrom === null)
    throw seedPlaceUnused(datasource, request.seedFrom);
  if (seedFrom === 'kernel' && !hasKernel) throw kernelNeeded(name, 'the address of the metadata service');
  const { cloudConfigUrl = null } = request;
  if (cloudConfigUrl !== null) {
    checkUrl(cloudConfigUrl);
    if (!hasKernel) throw kernelNeeded(name, 'cloud-config-url');
  }
  return service === null && cloudConfigUrl === null
    ? null
    : { service, seedFrom, cloudConfigUrl, networkConfig: null };
}

/**
 * What is known of the guest when it is planned. `managed`: names of the networks that keep addresses, the managed one first. Throws `DATASOURCE_UNSUPPORTED` and `METADATA_NETWORK_NEEDED`.
 */
export function checkCarrier(instance: Instance, managed: readonly string[]): void {
  const { carrier, hardware, ports, links, disks } = instance;
  if (carrier === null || carrier.service === null) return;
  const { service, seedFrom } = carrier;
  const needsSmbios = service === 'ec2' || seedFrom === 'smbios';
  if (needsSmbios && !['x86_64', 'i686'].includes(hardware.arch)) {
    throw new Fault(
      'unsupported',
      'DATASOURCE_UNSUPPORTED',
      `A guest of ${hardware.arch} is told nothing by SMBIOS tables, where datasource ${service} stands`,
      { hint: 'Take a drive: --datasource config-drive or nocloud.', details: { datasource: service } },
    );
  }
  if (service === 'ec2' && links.length > 0 && !disks.some(({ role }) => role === 'config')) {
    throw new Fault(
      'unsupported',
      'DATASOURCE_UNSUPPORTED',
      "EC2's service tells a guest of no VLAN and no bond",
      {
        hint: 'Take another datasource: openstack, nocloud-net, or a drive.',
        details: { datasource: service },
      },
    );
  }
  const isManaged = ports.some(
    ({ binding, fixedIps }) =>
      binding.kind === 'network' && managed.includes(binding.network) && fixedIps.length > 0,
  );
  if (isManaged) return;
  const [managedNetwork = ''] = managed;
  throw new Fault(
    'invalid',
    'METADATA_NETWORK_NEEDED',
    `Datasource ${service} is served on the network ${managedNetwork}, and the guest has no card there`,
    {
      hint: `Leave --network out or give ${managedNetwork} among them, or take a drive: --datasource config-drive.`,
      details: { datasource: service, network: managedNetwork },
    },
  );
}

/** EC2's readers know no vendor data, by which the image's administrator gets a password. Throws `PASSWORD_NOT_CARRIED`. */
export function checkPasswordCarried(
  carrier: Carrier | null,
  { adminPassword, guest }: Pick<LaunchRequest, 'adminPassword' | 'guest'>,
  { configDrive }: { readonly configDrive: boolean },
): void {
  const isCarried = carrier?.service !== 'ec2' || configDrive || guest?.user !== undefined;
  if (isCarried || adminPassword === undefined) return;
  throw new Fault(
    'unsupported',
    'PASSWORD_NOT_CARRIED',
    "The administrator's password goes by vendor data, and EC2's service has none",
    { hint: 'Give it to a user of yours: --user NAME. Or take another datasource.' },
  );
}

export function serviceNotRunning(service: string): Fault {
  return new Fault(
    'unavailable',
    'METADATA_SERVICE_NOT_RUNNING',
    `The guest would read from the metadata service (datasource ${service}), and none is running`,
    {
      hint: 'Start it first: novalet serve --metadata. Or take a drive: --datasource config-drive.',
      details: { datasource: service },
    },
  );
}

/** cloud-init takes a guest for one of EC2's where its UUID begins with `ec2`: no other guest's may. `draw` gives UUIDs. */
export function instanceIdFor(carrier: Carrier | null, draw: () => string): string {
  const id = draw();
  if (carrier?.service === 'ec2') return `ec2${id.slice(3)}`;
  return id.startsWith('ec2') ? `0${id.slice(1)}` : id;
}

/** What the SMBIOS tables say otherwise than OpenStack's; nothing for a guest of OpenStack's. */
export interface SmbiosIdentity {
  readonly manufacturer?: string;
  readonly product?: string;
  readonly serial?: string;
}

/**
 * `OpenStack Nova` as the product would make the guest ask OpenStack's service, before EC2's and NoCloud's. `Amazon EC2` as
 * the manufacturer would make systemd take it for a guest of Amazon's hypervisor.
 */
export function smbiosIdentity(carrier: Carrier | null | undefined, uuid: string): SmbiosIdentity {
  if (carrier?.service === 'ec2') return { manufacturer: 'novalet', product: 'EC2 guest', serial: uuid };
  if (carrier?.service !== 'nocloud-net') return {};
  const identity = { manufacturer: 'novalet', product: 'NoCloud guest' };
  return carrier.seedFrom === 'smbios' ? { ...identity, serial: seedWord() } : identity;
}

/** The image's command line and what the kernel is told besides. Throws `KERNEL_LINE_TOO_LONG`. */
export function wholeKernelLine(line: string, carrier: Carrier | null | undefined, uuid: string): string {
  const words = kernelWords(carrier, uuid);
  const whole = [line, ...words].join(' ');
  if (words.length === 0 || whole.length <= MOST_LINE_CHARACTERS) return whole;
  throw new Fault(
    'invalid',
    'KERNEL_LINE_TOO_LONG',
    `The kernel's command line would have ${whole.length} characters, and Linux takes ${MOST_LINE_CHARACTERS}`,
    { hint: 'Describe fewer network cards, or take a drive: --datasource nocloud.' },
  );
}

/** What the kernel is told besides; it keeps the words for whoever asks. */
export function kernelWords(carrier: Carrier | null | undefined, uuid: string): readonly string[] {
  if (carrier === null || carrier === undefined) return [];
  const { seedFrom, cloudConfigUrl, networkConfig } = carrier;
  return [
    // with the id a restarted guest knows by itself that nothing has changed
    ...(seedFrom === 'kernel' ? [`${seedWord()};i=${uuid}`] : []),
    ...(cloudConfigUrl === null ? [] : [`cloud-config-url=${cloudConfigUrl}`]),
    ...(networkConfig === null ? [] : [`network-config=${networkConfig}`]),
  ];
}

/**
 * `nocloud-net` is the old word, which cloud-init 24.1 and later warn of; `nocloud` alone makes 22.4 read the service and
 * then do nothing. With the mode beside it all of them take it.
 */
function seedWord(): string {
  return `ds=nocloud;dsmode=net;s=${NOCLOUD_SERVICE_URL}`;
}

/** It stands on the kernel's command line, where a space or a quote would begin something else. */
function checkUrl(text: string): void {
  if (
    text.length <= MOST_URL_CHARACTERS &&
    /^https?:\/\/[\x21\x23-\x26\x28-\x7e]+$/.test(text) &&
    URL.canParse(text)
  )
    return;
  throw new Fault(
    'invalid',
    'CLOUD_CONFIG_URL_INVALID',
    `The address of a cloud-config is to be http:// or https://, printable and at most ${MOST_URL_CHARACTERS} characters long`,
    { hint: 'Escape blanks and quotes in it: %20, %22, %27.' },
  );
}

function kernelNeeded(image: string, what: string): Fault {
  return new Fault(
    'invalid',
    'KERNEL_NEEDED',
    `Image ${image} brings its own boot loader, and ${what} would stand on the kernel's command line`,
    { hint: 'Give the image kernel_id (and ramdisk_id), or leave the place to novalet.', details: { image } },
  );
}

function seedPlaceUnused(datasource: string, place: SeedPlace): Fault {
  return new Fault(
    'invalid',
    'SEED_PLACE_UNUSED',
    `Nothing is told by ${place} to a guest whose datasource is ${datasource}`,
    { hint: 'Leave --seed-from out, or take --datasource nocloud-net.', details: { datasource } },
  );
}
