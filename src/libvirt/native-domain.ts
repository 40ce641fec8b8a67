// What native/addon/domain_object.cc and stream_object.cc export, typed.

export interface NativeState {
  readonly state: number;
  readonly reason: number;
}

export interface NativeAddress {
  readonly type: number;
  readonly address: string;
  readonly prefix: number;
}

export interface NativeInterface {
  readonly name: string;
  readonly mac?: string;
  readonly addresses: readonly NativeAddress[];
}

/** Values under libvirt's own names; integers that a number cannot hold are bigints. */
export type TypedValues = Readonly<Record<string, number | bigint | boolean | string>>;

export interface NativeBlockInfo {
  readonly capacity: number;
  readonly allocation: number;
  readonly physical: number;
}

export interface NativeBlockJob {
  readonly type: number;
  readonly bandwidth: number;
  readonly current: number;
  readonly end: number;
}

export interface NativeStream {
  /** Undefined at the end. */
  read(): Promise<Uint8Array | undefined>;
  write(bytes: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  abort(): void;
}

/** Calls on the whole domain. */
export interface NativeDomain extends NativeBlocks, NativeSnapshots, NativeSaving, NativeStreams {
  name(): string;
  uuid(): string;
  start(flags: number): Promise<void>;
  xml(flags: number): Promise<string>;
  state(): Promise<NativeState>;
  info(): Promise<{
    readonly state: number;
    readonly maxMemoryKiB: number;
    readonly memoryKiB: number;
    readonly vcpus: number;
    readonly cpuTimeNs: number;
  }>;
  isPersistent(): Promise<boolean>;
  shutdown(flags: number): Promise<void>;
  reboot(flags: number): Promise<void>;
  reset(): Promise<void>;
  destroy(flags: number): Promise<void>;
  undefine(flags: number): Promise<void>;
  suspend(): Promise<void>;
  resume(): Promise<void>;
  setAutostart(autostart: boolean): Promise<void>;
  metadata(type: number, uri: string | undefined, flags: number): Promise<string>;
  setMetadata(
    type: number,
    text: string | undefined,
    key: string | undefined,
    uri: string | undefined,
    flags: number,
  ): Promise<void>;
  agentCommand(command: string, timeoutSeconds: number): Promise<string>;
  setAgentResponseTimeout(seconds: number): Promise<void>;
  setUserPassword(user: string, password: string, flags: number): Promise<void>;
  interfaceAddresses(source: number): Promise<readonly NativeInterface[]>;
  attachDevice(xml: string, flags: number): Promise<void>;
  detachDevice(xml: string, flags: number): Promise<void>;
  detachDeviceAlias(alias: string, flags: number): Promise<void>;
  updateDevice(xml: string, flags: number): Promise<void>;
  setTime(seconds: number, nanoseconds: number, flags: number): Promise<void>;
  setVcpus(count: number, flags: number): Promise<void>;
  vcpus(flags: number): Promise<number>;
  setMemory(kiB: number, flags: number): Promise<void>;
  pmWakeup(): Promise<void>;
  injectNmi(): Promise<void>;
  sendKeys(codeset: number, holdMs: number, codes: readonly number[]): Promise<void>;
  monitorCommand(command: string): Promise<string>;
}

interface NativeSaving {
  managedSave(flags: number): Promise<void>;
  hasManagedSave(): Promise<boolean>;
  removeManagedSave(): Promise<void>;
  save(path: string, xml: string | undefined, flags: number): Promise<void>;
  abortJob(): Promise<void>;
  jobStats(flags: number): Promise<{ readonly type: number; readonly params: TypedValues }>;
  beginBackup(backup: string, checkpoint: string | undefined, flags: number): Promise<void>;
  backupXml(): Promise<string>;
}

interface NativeBlocks {
  blockResize(disk: string, bytes: number, flags: number): Promise<void>;
  blockInfo(disk: string): Promise<NativeBlockInfo>;
  /** The bandwidth in bytes per second; 0 for any of the figures: not said. */
  blockCopy(
    disk: string,
    destination: string,
    bandwidth: number,
    granularity: number,
    bufferBytes: number,
    flags: number,
  ): Promise<void>;
  blockCommit(
    disk: string,
    base: string | undefined,
    top: string | undefined,
    bandwidth: number,
    flags: number,
  ): Promise<void>;
  blockRebase(disk: string, base: string | undefined, bandwidth: number, flags: number): Promise<void>;
  blockJobInfo(disk: string, flags: number): Promise<NativeBlockJob | undefined>;
  blockJobAbort(disk: string, flags: number): Promise<void>;
}

interface NativeSnapshots {
  createSnapshot(xml: string, flags: number): Promise<string>;
  snapshotNames(flags: number): Promise<readonly string[]>;
  snapshotXml(name: string, flags: number): Promise<string>;
  deleteSnapshot(name: string, flags: number): Promise<void>;
  revertToSnapshot(name: string, flags: number): Promise<void>;
  createCheckpoint(xml: string, flags: number): Promise<string>;
  checkpointNames(flags: number): Promise<readonly string[]>;
  checkpointXml(name: string, flags: number): Promise<string>;
  deleteCheckpoint(name: string, flags: number): Promise<void>;
}

interface NativeStreams {
  openConsole(device: string | undefined, flags: number, maxUnread: number): Promise<NativeStream>;
  openChannel(name: string | undefined, flags: number, maxUnread: number): Promise<NativeStream>;
  screenshot(
    screen: number,
    maxUnread: number,
  ): Promise<{ readonly mimeType: string; readonly stream: NativeStream }>;
}
