export { AGENT_COMMANDS, type AgentArguments, type AgentCommand, type AgentCommandName } from './commands.ts';
export { type GuestDevice, readDevices } from './devices.ts';
export {
  type GatherOptions,
  type GuestFacts,
  type GuestMemory,
  gatherFacts,
  readFrozen,
  type Told,
  type UnusableCommand,
  unusableCommands,
} from './gather.ts';
export { type HostDisk, type MappedBy, type MappedDisk, mapDisk } from './map-disks.ts';
export {
  type CpuTimes,
  type GuestVcpu,
  type MemoryBlock,
  readCpuTimes,
  readMemoryBlockSize,
  readMemoryBlocks,
  readVcpus,
} from './processor.ts';
export { type GuestRoute, type GuestRoutes, readRoutes } from './routes.ts';
export {
  type DiskStatistics,
  type GuestDisk,
  type GuestDiskAddress,
  type GuestFilesystem,
  type PciAddress,
  readDiskStatistics,
  readDisks,
  readFilesystems,
} from './storage.ts';
export {
  type GuestLoad,
  type GuestTime,
  type GuestTimezone,
  type GuestUser,
  readLoad,
  readTime,
  readTimezone,
  readUsers,
} from './system.ts';
