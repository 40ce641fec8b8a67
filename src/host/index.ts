export type { Identity } from './access.ts';
export { type ProbeRequest, type ProbeResult, probeAccelerator } from './boot-probe.ts';
export { type DoctorContext, diagnose } from './diagnose.ts';
export type { Finding } from './finding.ts';
export type { FirmwareChoices, FirmwareFiles } from './firmware.ts';
export { freeMemoryMiB, type HostFacts, type HostFactsOptions, readHostFacts } from './host-facts.ts';
export { HOST_PATHS, type HostPaths } from './host-paths.ts';
export type { KvmReason, KvmVerdict } from './kvm.ts';
