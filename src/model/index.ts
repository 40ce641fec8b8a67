export type { Disk, DiskRole } from './disk.ts';
export { DEFAULT_FLAVORS, type Flavor } from './flavor.ts';
export type { CpuMode, DiskBus, Firmware, Hardware, VirtType } from './hardware.ts';
export { DISK_FORMATS, type DiskFormat, type Image, isTrueWord } from './image.ts';
export type { Instance, InstanceFault, PowerState, TaskState, VmState } from './instance.ts';
export { type FixedIp, type Port, type PortBinding, tapName } from './port.ts';
export { type Action, mayBegin, TRANSITIONS } from './transitions.ts';
