// The documents that commands print: the record for programs together with the table for people.
import { formatBytes } from '../base/index.ts';
import type { Finding, GuestAddresses, InstanceView } from '../compute/index.ts';
import type { Flavor, Image, Instance } from '../model/index.ts';
import { diskPairs } from './disk-record.ts';
import { hardwareWords, numaWords } from './hardware-record.ts';
import { linkWords, portWords } from './network-record.ts';
import type { Document } from './output.ts';
import {
  addressesRecord,
  findingRecord,
  flavorRecord,
  imageRecord,
  instanceRecord,
  instanceSummary,
} from './records.ts';
import { shareWords } from './share-record.ts';
import { formatPairs, formatTable } from './table.ts';

const NOTHING = '-';

export function instancesDocument(views: readonly InstanceView[]): Document {
  return {
    data: views.map(instanceSummary),
    text: () =>
      formatTable({
        head: ['NAME', 'STATUS', 'ADDRESSES', 'FLAVOR', 'IMAGE', 'ID'],
        rows: views.map((view) => [
          view.instance.name,
          statusWords(view),
          view.addresses.join(', ') || NOTHING,
          view.instance.flavor.name,
          view.instance.adoption === null ? view.instance.image.name : '(adopted)',
          view.instance.id,
        ]),
      }),
  };
}

/** `adminPassword` is shown here once, and nowhere again. */
export function instanceDocument(view: InstanceView, adminPassword?: string): Document {
  const { instance } = view;
  const flavor = instance.flavor;
  return {
    data: { ...instanceRecord(view), ...(adminPassword === undefined ? {} : { admin_pass: adminPassword }) },
    text: () =>
      formatPairs([
        ['name', instance.name],
        ['id', instance.id],
        ['status', statusWords(view)],
        ...(instance.fault === null
          ? []
          : [['fault', `${instance.fault.message} [${instance.fault.code}]`] as const]),
        ...(instance.lock === null ? [] : [['locked', instance.lock.reason ?? 'yes'] as const]),
        ...(adminPassword === undefined ? [] : [['admin_pass', adminPassword] as const]),
        ['power_state', view.powerState],
        ['agent', view.agent],
        ['addresses', view.addresses.join('\n') || NOTHING],
        ['flavor', `${flavor.name} (${flavorWords(flavor)})`],
        ['image', imageWords(instance)],
        ['hostname', instance.hostname],
        ['domain_name', instance.domainName],
        ['hardware', hardwareWords(instance.hardware)],
        ...(instance.hardware.pciDevices.length === 0
          ? []
          : [['pci_devices', instance.hardware.pciDevices.join('\n')] as const]),
        ...(instance.numa === null ? [] : [['numa', numaWords(instance.numa).join('\n')] as const]),
        ...diskPairs(view).map(([key, lines]) => [key, lines.join('\n') || NOTHING] as const),
        ['ports', instance.ports.map(portWords).join('\n') || NOTHING],
        ...(instance.links.length === 0
          ? []
          : [['links', instance.links.map(linkWords).join('\n')] as const]),
        ['vnc', view.vnc ?? NOTHING],
        ['metadata', pairWords(instance.metadata)],
        ...(instance.shares.length === 0
          ? []
          : [['shares', instance.shares.map(shareWords).join('\n')] as const]),
        ['tags', instance.tags.join('\n') || NOTHING],
        ['created_at', instance.createdAt],
        ['launched_at', instance.launchedAt ?? NOTHING],
        ...(instance.adoption === null ? [] : [['adopted_at', instance.adoption.at] as const]),
      ]),
  };
}

export function flavorsDocument(flavors: readonly Flavor[]): Document {
  return {
    data: flavors.map(flavorRecord),
    text: () =>
      formatTable({
        head: ['NAME', 'VCPUS', 'MEMORY_MB', 'ROOT_GB', 'EPHEMERAL_GB', 'SWAP_MB', 'PROPERTIES'],
        rows: flavors.map((flavor) => [
          flavor.name,
          `${flavor.vcpus}`,
          `${flavor.memoryMiB}`,
          `${flavor.rootGiB}`,
          `${flavor.ephemeralGiB}`,
          `${flavor.swapMiB}`,
          pairWords(flavor.extraSpecs).replaceAll('\n', ', '),
        ]),
      }),
  };
}

export function flavorDocument(flavor: Flavor): Document {
  return {
    data: flavorRecord(flavor),
    text: () =>
      formatPairs([
        ['name', flavor.name],
        ['vcpus', `${flavor.vcpus}`],
        ['memory_mb', `${flavor.memoryMiB}`],
        ['root_gb', `${flavor.rootGiB}`],
        ['ephemeral_gb', `${flavor.ephemeralGiB}`],
        ['swap_mb', `${flavor.swapMiB}`],
        ['properties', pairWords(flavor.extraSpecs)],
      ]),
  };
}

export function imagesDocument(images: readonly Image[]): Document {
  return {
    data: images.map(imageRecord),
    text: () =>
      formatTable({
        head: ['NAME', 'FORMAT', 'SIZE', 'DISK', 'CREATED', 'ID'],
        rows: images.map((image) => [
          image.name,
          image.diskFormat,
          formatBytes(image.sizeBytes),
          formatBytes(image.virtualSizeBytes),
          image.createdAt,
          image.id,
        ]),
      }),
  };
}

export function imageDocument(image: Image): Document {
  return {
    data: imageRecord(image),
    text: () =>
      formatPairs([
        ['name', image.name],
        ['id', image.id],
        ['disk_format', image.diskFormat],
        ['size', formatBytes(image.sizeBytes)],
        ['virtual_size', formatBytes(image.virtualSizeBytes)],
        ['min_disk_gb', `${image.minDiskGiB}`],
        ['min_ram_mb', `${image.minRamMiB}`],
        ['sha256', image.sha256 ?? NOTHING],
        ['properties', pairWords(image.properties)],
        ['created_at', image.createdAt],
      ]),
  };
}

export function addressesDocument(found: GuestAddresses): Document {
  return {
    data: addressesRecord(found),
    text: () =>
      formatTable({
        head: ['INTERFACE', 'MAC', 'ADDRESS'],
        rows: found.interfaces.flatMap(({ name, mac, addresses }) =>
          addresses.length === 0
            ? [[name, mac ?? NOTHING, NOTHING]]
            : addresses.map(({ address, prefix }) => [name, mac ?? NOTHING, `${address}/${prefix}`]),
        ),
      }),
  };
}

const MARKS = {
  plain: { ok: 'ok', warning: 'warning', problem: 'PROBLEM' },
  unicode: { ok: '✓', warning: '!', problem: '✗' },
} as const;

export function findingsDocument(findings: readonly Finding[], marks: keyof typeof MARKS): Document {
  return {
    data: findings.map(findingRecord),
    text: () =>
      formatTable({
        head: ['', 'CHECK', 'FINDING'],
        rows: findings.flatMap((finding) => [
          [MARKS[marks][finding.status], finding.check, finding.what],
          ...(finding.fix === undefined ? [] : [['', '', `fix: ${finding.fix}`]]),
        ]),
      }),
  };
}

function imageWords({ image, adoption }: Instance): string {
  if (adoption === null) return `${image.name} (${image.id})`;
  return image.id === '' ? '(adopted)' : `${image.name || '(adopted)'} (${image.id})`;
}

function statusWords(view: InstanceView): string {
  const { taskState } = view.instance;
  return taskState === null ? view.status : `${view.status} (${taskState})`;
}

/** `1 vcpus, 512 MiB, 1 GiB`. */
export function flavorWords(flavor: Flavor): string {
  return `${flavor.vcpus} vcpus, ${flavor.memoryMiB} MiB, ${flavor.rootGiB} GiB`;
}

function pairWords(pairs: Readonly<Record<string, string>>): string {
  return (
    Object.entries(pairs)
      .map(([key, value]) => `${key}=${value}`)
      .join('\n') || NOTHING
  );
}
