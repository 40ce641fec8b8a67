// What `show` tells of an instance's virtual hardware and of its place on the host: for programs, and for people.
import type { Hardware, NumaPlacement, PlacedCell } from '../model/index.ts';

export function hardwareRecord(hardware: Hardware) {
  const { options } = hardware;
  return {
    virt_type: hardware.virtType,
    arch: hardware.arch,
    machine_type: hardware.machineType,
    cpu_mode: hardware.cpuMode,
    cpu_models: [...hardware.cpuModels],
    firmware: hardware.firmware.kind,
    disk_bus: hardware.diskBus,
    vif_model: hardware.vifModel,
    video_model: hardware.videoModel,
    pci_devices: [...hardware.pciDevices],
    max_vcpus: hardware.maxima?.vcpus ?? null,
    max_memory_mb: hardware.maxima?.memoryMiB ?? null,
    profile: options.profile,
    switches: {
      iothreads: options.ioThreads,
      autodeflate: options.autodeflate,
      free_page_reporting: options.freePageReporting,
      discard: options.discard,
      io_uring: options.ioUring,
      packed_rings: options.packedRings,
      balloon: options.balloon,
    },
  };
}

/** Names as in Nova's `GET /servers/{id}/topology`, where it has them. */
export function numaRecord(numa: NumaPlacement | null) {
  if (numa === null) return null;
  return {
    nodes: numa.cells.map((cell) => ({
      host_node: cell.hostCell,
      memory_mb: cell.memoryMiB,
      pagesize_kb: cell.pageSizeKiB,
      cpu_pinning: cell.pins.map(({ vcpu, cpu }) => ({ vcpu, cpu })),
      floating_vcpus: [...cell.floating],
      floating_cpus: [...cell.floatingCpus],
      held_cpus: [...cell.heldCpus],
    })),
    emulator_cpus: [...numa.emulatorCpus],
    realtime_vcpus: [...numa.realtimeVcpus],
    memory_locked: numa.isMemoryLocked,
    memory_shared: numa.isMemoryShared,
  };
}

export function hardwareWords({ virtType, arch, machineType, options }: Hardware): string {
  return `${virtType} ${arch} ${machineType} (${options.profile})`;
}

/** One line for each cell of the guest, and one for what lies beside them. */
export function numaWords(numa: NumaPlacement): readonly string[] {
  const { emulatorCpus, realtimeVcpus, isMemoryLocked } = numa;
  const rest = [
    ...(emulatorCpus.length > 0 ? [`emulator on CPUs ${emulatorCpus.join(' ')}`] : []),
    ...(realtimeVcpus.length > 0 ? [`realtime vCPUs ${realtimeVcpus.join(' ')}`] : []),
    ...(isMemoryLocked ? ['memory locked'] : []),
  ];
  return [...numa.cells.map(cellWords), ...(rest.length > 0 ? [rest.join(', ')] : [])];
}

function cellWords(cell: PlacedCell, index: number): string {
  const { hostCell, pins, floating, floatingCpus, pageSizeKiB } = cell;
  return [
    `cell ${index} on ${hostCell === null ? 'any host cell' : `host cell ${hostCell}`}: ${cell.memoryMiB} MiB`,
    ...(pageSizeKiB === null ? [] : [`pages of ${pageSizeKiB} KiB`]),
    ...(pins.length > 0 ? [`vCPU=CPU ${pins.map(({ vcpu, cpu }) => `${vcpu}=${cpu}`).join(' ')}`] : []),
    ...(floating.length > 0 ? [`vCPUs ${floating.join(' ')} on CPUs ${floatingCpus.join(' ')}`] : []),
  ].join(', ');
}
