// A guest's facts for programs: stable snake_case names; a part that the guest cannot tell is null, and `unknown` says why.
import type { AttachedDisk, GuestFacts, GuestReport, GuestTime, Told } from '../../../compute/index.ts';

export function guestRecord({ instance, facts, attachedDisks, attachedFilesystems }: GuestReport) {
  return {
    id: instance.id,
    name: instance.name,
    agent_version: facts.agentVersion,
    frozen: known(facts.frozen),
    unusable_commands: facts.unusable.map(({ name, by }) => ({ name, by })),
    ...systemRecord(facts),
    ...diskRecord(facts, attachedDisks, attachedFilesystems),
    interfaces:
      known(facts.interfaces)?.map(({ name, mac, addresses, statistics }) => ({
        name,
        mac: mac ?? null,
        addresses: addresses.map(({ address, prefix, family }) => ({ address, prefix, family })),
        rx_bytes: statistics?.rxBytes ?? null,
        tx_bytes: statistics?.txBytes ?? null,
      })) ?? null,
    routes: facts.routes.known ? routesRecord(facts.routes.value) : null,
    unknown: unknownParts(facts),
  };
}

export function timeRecord({ guestMs, driftMs, uncertaintyMs }: GuestTime) {
  return { guest_ms: guestMs, drift_ms: driftMs, uncertainty_ms: uncertaintyMs };
}

export function routesRecord({ source, routes }: Extract<GuestFacts['routes'], { known: true }>['value']) {
  return {
    source,
    routes: routes.map(({ family, destination, gateway, interface: device, metric }) => ({
      family,
      destination,
      gateway: gateway ?? null,
      interface: device,
      metric,
    })),
  };
}

function systemRecord(facts: GuestFacts) {
  const os = known(facts.os);
  const timezone = known(facts.timezone);
  const load = known(facts.load);
  const memory = known(facts.memory);
  return {
    os: os && {
      id: os.id ?? null,
      name: os.name ?? null,
      pretty_name: os.prettyName ?? null,
      version: os.version ?? null,
      version_id: os.versionId ?? null,
      kernel_release: os.kernelRelease ?? null,
      kernel_version: os.kernelVersion ?? null,
      machine: os.machine ?? null,
      variant: os.variant ?? null,
    },
    hostname: known(facts.hostName),
    timezone: timezone && { zone: timezone.zone ?? null, offset_seconds: timezone.offsetSeconds },
    time: facts.time.known ? timeRecord(facts.time.value) : null,
    users:
      known(facts.users)?.map(({ name, domain, since }) => ({ name, domain: domain ?? null, since })) ?? null,
    load: load && [load.oneMinute, load.fiveMinutes, load.fifteenMinutes],
    vcpus: known(facts.vcpus)?.map(({ id, online }) => ({ id, online })) ?? null,
    memory_blocks: memory && {
      size_bytes: memory.blockBytes,
      online: memory.online,
      offline: memory.offline,
    },
  };
}

function diskRecord(
  facts: GuestFacts,
  attachedDisks: readonly AttachedDisk[],
  attachedFilesystems: readonly AttachedDisk[],
) {
  const ours = (attached: readonly AttachedDisk[], guest: string) =>
    attached
      .filter((disk) => disk.guest === guest)
      .map(({ target, role, by }) => ({ target, role, mapped_by: by }));
  return {
    disks:
      known(facts.disks)?.map(({ name, isPartition, dependencies, alias }) => ({
        name,
        partition: isPartition,
        dependencies: [...dependencies],
        alias: alias ?? null,
        instance_disks: ours(attachedDisks, name),
      })) ?? null,
    filesystems:
      known(facts.filesystems)?.map((filesystem) => ({
        name: filesystem.name,
        mountpoint: filesystem.mountpoint,
        type: filesystem.type,
        used_bytes: filesystem.usedBytes ?? null,
        total_bytes: filesystem.totalBytes ?? null,
        instance_disks: ours(attachedFilesystems, filesystem.mountpoint),
      })) ?? null,
  };
}

function known<T>(part: Told<T>): T | null {
  return part.known ? part.value : null;
}

function unknownParts(facts: GuestFacts) {
  const parts = [
    ['frozen', facts.frozen],
    ['os', facts.os],
    ['hostname', facts.hostName],
    ['timezone', facts.timezone],
    ['time', facts.time],
    ['users', facts.users],
    ['load', facts.load],
    ['vcpus', facts.vcpus],
    ['memory_blocks', facts.memory],
    ['disks', facts.disks],
    ['filesystems', facts.filesystems],
    ['interfaces', facts.interfaces],
    ['routes', facts.routes],
  ] as const;
  return parts.flatMap(([name, part]) =>
    part.known ? [] : [{ part: name, code: part.code, why: part.why }],
  );
}
