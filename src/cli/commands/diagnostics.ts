// novalet diagnostics INSTANCE
import { formatBytes, KIB } from '../../base/index.ts';
import type { Diagnostics, Usage } from '../../compute/index.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { formatPairs, formatTable } from '../table.ts';

export const diagnostics: Define = (command, session) => {
  command
    .description(
      'Show what a running instance uses: processors, memory, disks, network, and its filesystems.',
    )
    .argument('<instance>', INSTANCE)
    .action(async (ref: string) => {
      const found = await session.act((compute, options) => compute.diagnostics(ref, options), {
        progress: false,
      });
      await session.print({ data: diagnosticsRecord(found), text: () => diagnosticsText(found) });
    });
};

/** Names are those of Nova's diagnostics (microversion 2.48) where it has them. */
function diagnosticsRecord(found: Diagnostics) {
  const { filesystems } = found;
  return {
    id: found.id,
    name: found.name,
    state: found.status,
    driver: 'libvirt',
    hypervisor: found.hypervisor,
    uptime: found.uptimeS,
    agent: found.agent,
    ...usageRecord(found),
    filesystems: filesystems.known
      ? filesystems.value.map(({ name, mountpoint, type, usedBytes, totalBytes }) => ({
          name,
          mountpoint,
          type,
          used_bytes: usedBytes ?? null,
          total_bytes: totalBytes ?? null,
        }))
      : null,
    filesystems_unknown: filesystems.known ? null : { code: filesystems.code, why: filesystems.why },
  };
}

export function usageRecord({ cpu, memory, disks, nics }: Usage) {
  return {
    num_cpus: cpu.vcpus.length,
    cpu_time_ns: cpu.timeNs,
    cpu_details: cpu.vcpus.map(({ id, timeNs, waitNs }) => ({ id, time: timeNs, wait: waitNs })),
    memory_details: {
      maximum_kib: memory.maximumKiB,
      current_kib: memory.currentKiB,
      resident_kib: memory.residentKiB,
      available_kib: memory.availableKiB,
      usable_kib: memory.usableKiB,
      unused_kib: memory.unusedKiB,
      caches_kib: memory.cachesKiB,
      swapped_in_kib: memory.swappedInKiB,
      swapped_out_kib: memory.swappedOutKiB,
    },
    num_disks: disks.length,
    disk_details: disks.map((disk) => ({
      target: disk.target,
      read_bytes: disk.readBytes,
      read_requests: disk.readRequests,
      read_time_ns: disk.readNs,
      write_bytes: disk.writeBytes,
      write_requests: disk.writeRequests,
      write_time_ns: disk.writeNs,
      flush_requests: disk.flushes,
      errors_count: disk.errors,
      capacity_bytes: disk.capacityBytes,
      physical_bytes: disk.physicalBytes,
    })),
    num_nics: nics.length,
    nic_details: nics.map((nic) => ({
      name: nic.name,
      mac_address: nic.mac,
      rx_octets: nic.rxBytes,
      rx_packets: nic.rxPackets,
      rx_errors: nic.rxErrors,
      rx_drop: nic.rxDrops,
      tx_octets: nic.txBytes,
      tx_packets: nic.txPackets,
      tx_errors: nic.txErrors,
      tx_drop: nic.txDrops,
    })),
  };
}

function diagnosticsText(found: Diagnostics): string {
  const { cpu, memory, filesystems } = found;
  const kib = (amount: number | null) => (amount === null ? '-' : formatBytes(amount * KIB));
  const parts = [
    formatPairs([
      ['status', found.status],
      ['uptime', found.uptimeS === null ? '-' : `${found.uptimeS} s`],
      ['agent', found.agent],
      ['CPU time', `${seconds(cpu.timeNs)}, on ${cpu.vcpus.length} vCPUs`],
      [
        'memory',
        `${kib(memory.currentKiB)} of ${kib(memory.maximumKiB)}; ${kib(memory.residentKiB)} of the host`,
      ],
      [
        'in the guest',
        `${kib(memory.usableKiB)} usable, ${kib(memory.unusedKiB)} unused of ${kib(memory.availableKiB)}`,
      ],
    ]),
    formatTable({
      head: ['DISK', 'READ', 'REQUESTS', 'WRITTEN', 'REQUESTS', 'SIZE', 'ON HOST'],
      rows: found.disks.map((disk) => [
        disk.target,
        formatBytes(disk.readBytes),
        `${disk.readRequests}`,
        formatBytes(disk.writeBytes),
        `${disk.writeRequests}`,
        disk.capacityBytes === null ? '-' : formatBytes(disk.capacityBytes),
        disk.physicalBytes === null ? '-' : formatBytes(disk.physicalBytes),
      ]),
    }),
    formatTable({
      head: ['NIC', 'MAC', 'RECEIVED', 'PACKETS', 'SENT', 'PACKETS', 'ERRORS', 'DROPPED'],
      rows: found.nics.map((nic) => [
        nic.name,
        nic.mac ?? '-',
        formatBytes(nic.rxBytes),
        `${nic.rxPackets}`,
        formatBytes(nic.txBytes),
        `${nic.txPackets}`,
        `${nic.rxErrors + nic.txErrors}`,
        `${nic.rxDrops + nic.txDrops}`,
      ]),
    }),
    filesystems.known
      ? formatTable({
          head: ['FILESYSTEM', 'TYPE', 'USED', 'SIZE'],
          rows: filesystems.value.map(({ mountpoint, type, usedBytes, totalBytes }) => [
            mountpoint,
            type,
            usedBytes === undefined ? '-' : formatBytes(usedBytes),
            totalBytes === undefined ? '-' : formatBytes(totalBytes),
          ]),
        })
      : formatPairs([['filesystems', filesystems.why]]),
  ];
  return parts.join('\n');
}

function seconds(ns: number): string {
  return `${(ns / 1e9).toFixed(1)} s`;
}
