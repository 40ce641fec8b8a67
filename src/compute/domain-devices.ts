// The devices of a guest, in Nova's order. Pure; see domain-config.ts.
import {
  AGENT_PORT,
  type CharacterDevice,
  type Device,
  type DiskDevice,
  type InterfaceDevice,
  lanePort,
} from '../libvirt-xml/index.ts';
import type { Port } from '../model/index.ts';
import { acceleration, type DomainInput } from './domain-input.ts';
import type { GuestOptions } from './guest-options.ts';
import { VNC_SOCKET } from './settings.ts';

export function domainDevices(input: DomainInput, options: GuestOptions): readonly Device[] {
  const disks = diskDevices(input, options);
  const display = displayDevices(input, options);
  return [
    ...disks,
    ...scsiController(options),
    ...input.ports.map((port) => interfaceDevice(port, input, options)),
    ...consoles(input, options),
    ...display,
    ...agentChannel(input, options),
    ...(options.rng === null ? [] : [options.rng]),
    ...pcieControllers(input),
    usbController(input, [...disks, ...display]),
    ...watchdog(options),
    ...balloon(input),
  ];
}

function diskDevices(input: DomainInput, { image, ioTune }: GuestOptions): readonly DiskDevice[] {
  const isModern = input.settings.profile === 'modern';
  let unit = 0;
  return input.disks.map((disk) => ({
    kind: 'disk',
    device: disk.device,
    source: { file: disk.path },
    driver: {
      type: disk.format,
      cache: input.hardware.diskCache,
      // What a guest trims, the host gets back.
      discard: isModern && disk.device === 'disk' ? 'unmap' : undefined,
    },
    target: { dev: disk.target, bus: disk.bus },
    ioTune,
    // virtio-scsi takes up to 256 disks, but only where each is given its place.
    scsiUnit: disk.bus === 'scsi' && image.hw_scsi_model === 'virtio-scsi' ? unit++ : undefined,
  }));
}

function scsiController({ image }: GuestOptions): readonly Device[] {
  const { hw_scsi_model: model } = image;
  return model === undefined ? [] : [{ kind: 'controller', type: 'scsi', index: 0, model }];
}

function interfaceDevice(port: Port, input: DomainInput, options: GuestOptions): InterfaceDevice {
  const isUser = port.binding.kind === 'user';
  const { vifInbound: inbound, vifOutbound: outbound } = options.specs;
  return {
    kind: 'interface',
    source: interfaceSource(port),
    mac: port.mac,
    model: input.hardware.vifModel,
    driver: interfaceDriver(input, options),
    mtu: port.mtu ?? undefined,
    targetDev: isUser ? undefined : port.deviceName,
    bandwidth: isUser ? undefined : { inbound, outbound },
  };
}

function interfaceSource({ binding }: Port): InterfaceDevice['source'] {
  switch (binding.kind) {
    case 'network':
      return { type: 'network', network: binding.network };
    case 'bridge':
      return { type: 'bridge', bridge: binding.bridge };
    case 'user':
      return { type: 'user' };
    default:
      return binding satisfies never;
  }
}

function interfaceDriver(input: DomainInput, { multiqueue }: GuestOptions): InterfaceDevice['driver'] {
  if (input.hardware.vifModel !== 'virtio') return undefined;
  const rxQueueSize = input.settings.rxQueueSize ?? undefined;
  // libvirt would take vhost where /dev/vhost-net exists, with or without KVM.
  if (acceleration(input) === 'qemu') return { name: 'qemu', rxQueueSize };
  const queues = multiqueue ? Math.min(input.flavor.vcpus, input.host.maxQueues) : undefined;
  return queues === undefined && rxQueueSize === undefined
    ? undefined
    : { name: 'vhost', queues, rxQueueSize };
}

function consoles({ hardware, paths }: DomainInput, { serialPorts }: GuestOptions): readonly Device[] {
  const logFile = paths.consoleLog;
  if (hardware.arch === 's390x') return [{ kind: 'console', type: 'pty', logFile, targetType: 'sclp' }];
  return Array.from(
    { length: serialPorts },
    (_unused, port): CharacterDevice => ({
      kind: 'serial',
      type: 'pty',
      logFile: port === 0 ? logFile : undefined,
    }),
  );
}

function displayDevices(input: DomainInput, options: GuestOptions): readonly Device[] {
  const { vncListen } = input.settings;
  if (vncListen === null) return [];
  return [
    { kind: 'graphics', type: 'vnc', listen: vncListen === VNC_SOCKET ? null : vncListen },
    { kind: 'video', model: input.hardware.videoModel, vramKiB: options.videoRamKiB },
    ...inputDevices(input, options),
  ];
}

function inputDevices({ hardware }: DomainInput, { image }: GuestOptions): readonly Device[] {
  const { hw_input_bus: bus } = image;
  const tabletBus = bus ?? (hardware.pointerModel === 'usbtablet' ? 'usb' : undefined);
  // x86 has a PS/2 keyboard by itself.
  const keyboardBus = bus ?? (hardware.arch === 'aarch64' ? 'usb' : undefined);
  const devices: Device[] = [];
  if (tabletBus !== undefined) devices.push({ kind: 'input', type: 'tablet', bus: tabletBus });
  if (keyboardBus !== undefined) devices.push({ kind: 'input', type: 'keyboard', bus: keyboardBus });
  return devices;
}

/** Nova gives a channel to images that ask for one; novalet to all that do not refuse it, and the first lane with it. */
function agentChannel({ paths, settings }: DomainInput, { image }: GuestOptions): readonly Device[] {
  const isModern = settings.profile === 'modern';
  if (!(image.hw_qemu_guest_agent ?? isModern)) return [];
  const agent: Device = { kind: 'channel', name: AGENT_PORT, path: paths.agentSocket ?? undefined };
  return isModern ? [agent, { kind: 'channel', name: lanePort(0) }] : [agent];
}

function pcieControllers({ hardware, host, settings }: DomainInput): readonly Device[] {
  const { machineType } = hardware;
  const isPcie =
    (host.arch === 'x86_64' && machineType.includes('q35')) ||
    (host.arch === 'aarch64' && machineType.startsWith('virt'));
  if (settings.pciePorts === 0 || !isPcie) return [];
  const rootPort: Device = { kind: 'controller', type: 'pci', model: 'pcie-root-port' };
  const root: Device = { kind: 'controller', type: 'pci', model: 'pcie-root' };
  return [root, ...Array.from({ length: settings.pciePorts }, () => rootPort)];
}

/**
 * Named even where nothing needs USB, to be rid of the one that libvirt adds. Modern: without a model libvirt makes a
 * named controller a UHCI one, which costs a q35 guest two bridges and a slow tablet.
 */
function usbController({ hardware, settings }: DomainInput, devices: readonly Device[]): Device {
  const isNeeded = devices.some(
    (device) =>
      (device.kind === 'disk' && device.target.bus === 'usb') ||
      (device.kind === 'input' && device.bus === 'usb'),
  );
  const whenNeeded = settings.profile === 'modern' ? 'qemu-xhci' : undefined;
  const model = isNeeded ? whenNeeded : hardware.arch === 'ppc64le' ? undefined : 'none';
  return { kind: 'controller', type: 'usb', index: 0, model };
}

function watchdog({ watchdogAction }: GuestOptions): readonly Device[] {
  return watchdogAction === null ? [] : [{ kind: 'watchdog', model: 'i6300esb', action: watchdogAction }];
}

/** Without one of ours libvirt adds a balloon, which Zed lets happen. */
function balloon({ settings }: DomainInput): readonly Device[] {
  const isModern = settings.profile === 'modern';
  if (settings.memStatsPeriodS <= 0) return isModern ? [{ kind: 'memballoon', model: 'none' }] : [];
  return [
    {
      kind: 'memballoon',
      model: 'virtio',
      statsPeriodS: settings.memStatsPeriodS,
      autodeflate: isModern,
      freePageReporting: isModern,
    },
  ];
}
