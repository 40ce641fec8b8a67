// What programs read with -o json or yaml: the model's values under stable snake_case names, as OpenStack's APIs
// name them (memory_mb, root_gb, power_state …). Sizes carry their unit; times are ISO 8601 in UTC.
import type { ExecResult, Finding, GuestAddresses, InstanceView } from '../compute/index.ts';
import type { Flavor, Image, Instance } from '../model/index.ts';
import { diskRecords, rescueDiskRecords } from './disk-record.ts';
import { hardwareRecord, numaRecord } from './hardware-record.ts';
import { linkRecord, portRecord } from './network-record.ts';
import { shareRecord } from './share-record.ts';

/** One row of `list`, which asks libvirt for the states of all at once and no domain for more. */
export function instanceSummary(view: InstanceView) {
  const { instance } = view;
  return {
    id: instance.id,
    name: instance.name,
    status: view.status,
    vm_state: instance.vmState,
    task_state: instance.taskState,
    power_state: view.powerState,
    flavor: instance.flavor.name,
    image: instance.image.name || null,
    origin: instance.adoption === null ? 'launched' : 'adopted',
    addresses: [...view.addresses],
    locked: instance.lock !== null,
    created_at: instance.createdAt,
  };
}

/** All that `show` knows. */
export function instanceRecord(view: InstanceView) {
  const { instance } = view;
  return {
    ...instanceSummary(view),
    ...builtRecord(instance),
    agent: view.agent,
    vnc: view.vnc,
    launched_at: instance.launchedAt,
    adopted_at: instance.adoption?.at ?? null,
    rescue: instance.rescue && {
      image: instance.rescue.image.name,
      is_stable: instance.rescue.isStable,
      disks: rescueDiskRecords(view),
    },
    resize: instance.resize && { flavor: instance.resize.flavor.name, at: instance.resize.at },
    locked_reason: instance.lock?.reason ?? null,
    fault: instance.fault === null ? null : { ...instance.fault },
  };
}

/** The parts of an instance that a plan knows too. */
export function builtRecord(instance: Instance) {
  return {
    hostname: instance.hostname,
    domain_name: instance.domainName,
    flavor: flavorRecord(instance.flavor),
    image: { id: instance.image.id || null, name: instance.image.name || null },
    hardware: hardwareRecord(instance.hardware),
    numa: numaRecord(instance.numa),
    disks: diskRecords(instance),
    carrier: carrierRecord(instance),
    ports: instance.ports.map(portRecord),
    links: instance.links.map(linkRecord),
    shares: instance.shares.map(shareRecord),
    metadata: { ...instance.metadata },
    tags: [...instance.tags],
  };
}

/** What is on the command line besides can be seen in the domain. */
function carrierRecord({ carrier }: Instance) {
  if (carrier === null) return null;
  const { service, seedFrom, cloudConfigUrl } = carrier;
  return { service, seed_from: seedFrom, cloud_config_url: cloudConfigUrl };
}

export function flavorRecord(flavor: Flavor) {
  return {
    name: flavor.name,
    vcpus: flavor.vcpus,
    memory_mb: flavor.memoryMiB,
    root_gb: flavor.rootGiB,
    ephemeral_gb: flavor.ephemeralGiB,
    swap_mb: flavor.swapMiB,
    properties: { ...flavor.extraSpecs },
  };
}

export function imageRecord(image: Image) {
  return {
    id: image.id,
    name: image.name,
    disk_format: image.diskFormat,
    min_disk_gb: image.minDiskGiB,
    min_ram_mb: image.minRamMiB,
    size_bytes: image.sizeBytes,
    virtual_size_bytes: image.virtualSizeBytes,
    sha256: image.sha256,
    properties: { ...image.properties },
    created_at: image.createdAt,
  };
}

export function addressesRecord(found: GuestAddresses) {
  return {
    source: found.source,
    interfaces: found.interfaces.map(({ name, mac, addresses }) => ({
      name,
      mac,
      addresses: addresses.map(({ address, prefix, family }) => ({ address, prefix, family })),
    })),
  };
}

export function findingRecord(finding: Finding) {
  return { check: finding.check, status: finding.status, what: finding.what, fix: finding.fix ?? null };
}

/** Output that is not UTF-8 is given in base64, and says so. */
export function execRecord(result: ExecResult) {
  const stdout = textOrBase64(result.stdout);
  const stderr = textOrBase64(result.stderr);
  return {
    exit_code: result.exitCode,
    signal: result.signal,
    stdout: stdout.text,
    stdout_encoding: stdout.encoding,
    stdout_truncated: result.stdoutTruncated,
    stderr: stderr.text,
    stderr_encoding: stderr.encoding,
    stderr_truncated: result.stderrTruncated,
    via: result.via,
  };
}

function textOrBase64(bytes: Uint8Array): { text: string; encoding: 'utf-8' | 'base64' } {
  try {
    return {
      text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
      encoding: 'utf-8',
    };
  } catch {
    return { text: Buffer.from(bytes).toString('base64'), encoding: 'base64' };
  }
}
