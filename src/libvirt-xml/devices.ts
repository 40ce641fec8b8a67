// The devices of a domain as values, and their elements. Typed as far as novalet writes them; `raw` carries any other.
// No policy: what is given is written. Rules: https://libvirt.org/formatdomain.html#devices
import { type Element, element } from './element.ts';

export type Device =
  | DiskDevice
  | InterfaceDevice
  | CharacterDevice
  | ChannelDevice
  | GraphicsDevice
  | VideoDevice
  | InputDevice
  | RngDevice
  | ControllerDevice
  | WatchdogDevice
  | TpmDevice
  | SoundDevice
  | RedirectedUsbDevice
  | HostPciDevice
  | BalloonDevice
  | IommuDevice
  | { readonly kind: 'raw'; readonly element: Element };

export interface DiskDevice {
  readonly kind: 'disk';
  readonly device: 'disk' | 'cdrom' | 'floppy' | 'lun';
  /** Null for an empty drive. */
  readonly source: DiskSource | null;
  readonly driver: {
    readonly type: 'qcow2' | 'raw';
    readonly cache?: string | undefined;
    readonly discard?: 'unmap' | 'ignore' | undefined;
    readonly io?: 'native' | 'threads' | 'io_uring' | undefined;
    /** Which of the domain's I/O threads serves it, from 1 on. */
    readonly iothread?: number | undefined;
    readonly packed?: 'on' | undefined;
  };
  readonly target: { readonly dev: string; readonly bus: string };
  readonly serial?: string | undefined;
  /** Limits in the order in which they are written: `read_bytes_sec` → `1000`. */
  readonly ioTune?: Readonly<Record<string, string | undefined>> | undefined;
  readonly readonly?: boolean | undefined;
  /** Nothing beneath it is opened, whatever its header names. */
  readonly isAlone?: boolean | undefined;
  /** Begins with `ua-`, as libvirt wants it of names that it did not choose. */
  readonly alias?: string | undefined;
  readonly bootOrder?: number | undefined;
  /** Place on SCSI controller 0. */
  readonly scsiUnit?: number | undefined;
}

export type DiskSource =
  | { readonly file: string }
  | { readonly block: string }
  /** Of QEMU's own clients. `name`: the export, or the target's name and `/LUN`. */
  | { readonly protocol: 'nbd' | 'iscsi'; readonly name: string; readonly host: DiskHost };

export type DiskHost = { readonly name: string; readonly port: number } | { readonly socket: string };

export interface InterfaceDevice {
  readonly kind: 'interface';
  readonly source:
    | { readonly type: 'network'; readonly network: string }
    | { readonly type: 'bridge'; readonly bridge: string }
    | { readonly type: 'user' };
  readonly mac: string;
  readonly model: string;
  readonly driver?:
    | {
        readonly name?: 'vhost' | 'qemu' | undefined;
        readonly packed?: 'on' | undefined;
        readonly queues?: number | undefined;
        readonly rxQueueSize?: number | undefined;
      }
    | undefined;
  readonly mtu?: number | undefined;
  /** The tap device's name on the host. */
  readonly targetDev?: string | undefined;
  readonly bandwidth?:
    | { readonly inbound?: Bandwidth | undefined; readonly outbound?: Bandwidth | undefined }
    | undefined;
}

/** KiB/s, and KiB for the burst, as written. */
export interface Bandwidth {
  readonly average: string;
  readonly peak?: string | undefined;
  readonly burst?: string | undefined;
}

export interface CharacterDevice {
  readonly kind: 'serial' | 'console';
  readonly type: 'pty';
  /** Everything the guest writes goes here too, from the first byte on. */
  readonly logFile?: string | undefined;
  readonly targetType?: string | undefined;
}

/** A virtio-serial port whose host end is a unix socket that libvirt listens on. */
export interface ChannelDevice {
  readonly kind: 'channel';
  readonly name: string;
  /** libvirt chooses one when left out. */
  readonly path?: string | undefined;
}

export interface GraphicsDevice {
  readonly kind: 'graphics';
  readonly type: 'vnc';
  /** An address, with a port that libvirt chooses; null for a unix socket whose path libvirt chooses. */
  readonly listen: string | null;
  /** Asks for a password that had its time: nobody gets in before it is given another one. */
  readonly isClosed: boolean;
}

export interface VideoDevice {
  readonly kind: 'video';
  readonly model: string;
  readonly vramKiB?: number | undefined;
}

export interface InputDevice {
  readonly kind: 'input';
  readonly type: 'tablet' | 'keyboard' | 'mouse';
  readonly bus: string;
}

export interface RngDevice {
  readonly kind: 'rng';
  readonly source: string;
  readonly rate?: { readonly bytes: number; readonly periodMs: number } | undefined;
}

export interface ControllerDevice {
  readonly kind: 'controller';
  readonly type: string;
  readonly index?: number | undefined;
  readonly model?: string | undefined;
  readonly iothread?: number | undefined;
}

export interface WatchdogDevice {
  readonly kind: 'watchdog';
  readonly model: string;
  readonly action: string;
}

export interface TpmDevice {
  readonly kind: 'tpm';
  readonly model: string;
  readonly version: '1.2' | '2.0';
  /** UUID of the libvirt secret that encrypts its state. */
  readonly secret?: string | undefined;
}

export interface SoundDevice {
  readonly kind: 'sound';
  readonly model: string;
}

/** A USB port that a SPICE client plugs its own devices into. */
export interface RedirectedUsbDevice {
  readonly kind: 'redirdev';
}

/** A PCI device of the host; libvirt detaches it from its driver and gives it back. Parts of the address in hex. */
export interface HostPciDevice {
  readonly kind: 'hostdev';
  readonly address: Readonly<Record<'domain' | 'bus' | 'slot' | 'function', string>>;
}

export interface BalloonDevice {
  readonly kind: 'memballoon';
  readonly model: 'virtio' | 'none';
  readonly statsPeriodS?: number | undefined;
  readonly autodeflate?: boolean | undefined;
  readonly freePageReporting?: boolean | undefined;
}

export interface IommuDevice {
  readonly kind: 'iommu';
  readonly model: string;
  /** `intremap` → `on`, `aw_bits` → `48` … */
  readonly driver?: Readonly<Record<string, string | number>> | undefined;
}

/** Exported for devices that are plugged in later. */
export function deviceElement(device: Device): Element {
  switch (device.kind) {
    case 'disk':
      return diskElement(device);
    case 'interface':
      return interfaceElement(device);
    case 'serial':
    case 'console':
      return characterElement(device);
    case 'channel':
      return channelElement(device);
    case 'graphics':
      return graphicsElement(device);
    case 'video':
      return element('video', {}, element('model', { type: device.model, vram: device.vramKiB }));
    case 'input':
      return element('input', { type: device.type, bus: device.bus });
    case 'rng':
      return rngElement(device);
    case 'controller':
      return controllerElement(device);
    case 'watchdog':
      return element('watchdog', { model: device.model, action: device.action });
    case 'tpm':
      return tpmElement(device);
    case 'sound':
      return element('sound', { model: device.model });
    case 'redirdev':
      return element('redirdev', { type: 'spicevmc', bus: 'usb' });
    case 'hostdev':
      return hostPciElement(device);
    case 'memballoon':
      return balloonElement(device);
    case 'iommu':
      return element('iommu', { model: device.model }, device.driver && element('driver', device.driver));
    case 'raw':
      return device.element;
    default:
      return device satisfies never;
  }
}

function diskElement(disk: DiskDevice): Element {
  const limits = Object.entries(disk.ioTune ?? {}).filter(([, limit]) => limit !== undefined);
  return element(
    'disk',
    { type: diskType(disk.source), device: disk.device },
    element('driver', { name: 'qemu', ...disk.driver }),
    disk.source !== null && diskSourceElement(disk.source),
    disk.isAlone === true && element('backingStore'),
    element('target', disk.target),
    disk.serial !== undefined && element('serial', {}, disk.serial),
    limits.length > 0 &&
      element(
        'iotune',
        {},
        limits.map(([name, limit]) => element(name, {}, limit)),
      ),
    disk.readonly === true && element('readonly'),
    disk.bootOrder !== undefined && element('boot', { order: disk.bootOrder }),
    disk.alias !== undefined && element('alias', { name: disk.alias }),
    disk.scsiUnit !== undefined && element('address', { type: 'drive', controller: 0, unit: disk.scsiUnit }),
  );
}

function diskType(source: DiskSource | null): 'file' | 'block' | 'network' {
  if (source === null || 'file' in source) return 'file';
  return 'block' in source ? 'block' : 'network';
}

/** Exported for media that are changed. */
export function diskSourceElement(source: DiskSource): Element {
  if ('file' in source) return element('source', { file: source.file });
  if ('block' in source) return element('source', { dev: source.block });
  const { protocol, name, host } = source;
  const attributes = 'socket' in host ? { transport: 'unix', socket: host.socket } : { ...host };
  return element('source', { protocol, name }, element('host', attributes));
}

function interfaceElement(device: InterfaceDevice): Element {
  const { type, ...source } = device.source;
  const { inbound, outbound } = device.bandwidth ?? {};
  return element(
    'interface',
    { type },
    element('mac', { address: device.mac }),
    element('model', { type: device.model }),
    device.driver &&
      element('driver', {
        name: device.driver.name,
        packed: device.driver.packed,
        queues: device.driver.queues,
        rx_queue_size: device.driver.rxQueueSize,
      }),
    type !== 'user' && element('source', source),
    device.mtu !== undefined && element('mtu', { size: device.mtu }),
    device.targetDev !== undefined && element('target', { dev: device.targetDev }),
    (inbound !== undefined || outbound !== undefined) &&
      element(
        'bandwidth',
        {},
        inbound && element('inbound', { ...inbound }),
        outbound && element('outbound', { ...outbound }),
      ),
  );
}

function characterElement(device: CharacterDevice): Element {
  return element(
    device.kind,
    { type: device.type },
    device.logFile !== undefined && element('log', { file: device.logFile, append: 'off' }),
    device.targetType !== undefined && element('target', { type: device.targetType }),
  );
}

/** A virtio-serial port with a unix socket on the host. Exported for ports that are plugged in later. */
export function channelElement(device: ChannelDevice): Element {
  return element(
    'channel',
    { type: 'unix' },
    device.path !== undefined && element('source', { mode: 'bind', path: device.path }),
    element('target', { type: 'virtio', name: device.name }),
  );
}

function controllerElement({ type, index, model, iothread }: ControllerDevice): Element {
  return element(
    'controller',
    { type, index, model },
    iothread !== undefined && element('driver', { iothread }),
  );
}

function rngElement(device: RngDevice): Element {
  return element(
    'rng',
    { model: 'virtio' },
    device.rate && element('rate', { period: device.rate.periodMs, bytes: device.rate.bytes }),
    element('backend', { model: 'random' }, device.source),
  );
}

function tpmElement(device: TpmDevice): Element {
  return element(
    'tpm',
    { model: device.model },
    element(
      'backend',
      { type: 'emulator', version: device.version },
      device.secret !== undefined && element('encryption', { secret: device.secret }),
    ),
  );
}

function hostPciElement(device: HostPciDevice): Element {
  const address = Object.entries(device.address).map(([part, hex]) => [part, `0x${hex}`]);
  return element(
    'hostdev',
    { mode: 'subsystem', type: 'pci', managed: 'yes' },
    element('source', {}, element('address', Object.fromEntries(address))),
  );
}

function balloonElement(device: BalloonDevice): Element {
  return element(
    'memballoon',
    {
      model: device.model,
      autodeflate: device.autodeflate === true ? 'on' : undefined,
      freePageReporting: device.freePageReporting === true ? 'on' : undefined,
    },
    device.statsPeriodS !== undefined && element('stats', { period: device.statsPeriodS }),
  );
}

function graphicsElement({ type, listen, isClosed }: GraphicsDevice): Element {
  const lock = isClosed ? { passwd: 'closed', passwdValidTo: '1970-01-01T00:00:01' } : {};
  if (listen === null) return element('graphics', { type, ...lock }, element('listen', { type: 'socket' }));
  return element('graphics', { type, autoport: 'yes', listen, ...lock });
}
