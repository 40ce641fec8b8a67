// The devices of a guest, in Nova's order. Pure; see domain-config.ts.
import { Fault } from '../base/index.ts';
import { AGENT_PORT, type CharacterDevice, type Device, lanePort } from '../libvirt-xml/index.ts';
import { diskDevices, scsiController } from './disk-devices.ts';
import type { DomainInput } from './domain-input.ts';
import type { GuestOptions } from './guest-options.ts';
import { interfaceDevice } from './interface-device.ts';
import { VNC_SOCKET } from './settings.ts';
import { shareDevices } from './shares/share-devices.ts';

/** Throws `USB_NEEDED`. */
export function domainDevices(input: DomainInput, options: GuestOptions): readonly Device[] {
  const disks = diskDevices(input, options);
  const rescued = disks.filter(({ bootOrder }) => bootOrder !== undefined);
  const display = displayDevices(input, options);
  return [
    ...disks.filter(({ bootOrder }) => bootOrder === undefined),
    ...scsiController(input, options),
    ...rescued,
    ...shareDevices(input.shares ?? []),
    ...input.ports.map((port) => interfaceDevice(port, input, options)),
    ...consoles(input, options),
    ...(options.soundModel === undefined ? [] : [{ kind: 'sound' as const, model: options.soundModel }]),
    ...display,
    ...channels(input, options),
    ...(options.rng === null ? [] : [options.rng]),
    ...tpm(input, options),
    ...pcieControllers(input),
    usbController(input, options, [...disks, ...display]),
    ...Array.from({ length: options.redirectedUsbPorts }, () => ({ kind: 'redirdev' as const })),
    ...input.hardware.pciDevices.map(hostPciDevice),
    ...watchdog(options),
    ...balloon(input),
    ...iommu(input, options),
  ];
}

function consoles({ hardware, paths }: DomainInput, { serialPorts }: GuestOptions): readonly Device[] {
  const logFile = paths.consoleLog;
  if (hardware.arch.startsWith('s390'))
    return [{ kind: 'console', type: 'pty', logFile, targetType: 'sclp' }];
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
  const { vncListen, vncPassword } = input.settings;
  if (vncListen === null) return [];
  return [
    {
      kind: 'graphics',
      type: 'vnc',
      listen: vncListen === VNC_SOCKET ? null : vncListen,
      isClosed: vncPassword,
    },
    { kind: 'video', model: input.hardware.videoModel, vramKiB: options.videoRamKiB },
    ...inputDevices(input, options),
  ];
}

function inputDevices({ hardware }: DomainInput, { image, usbModel }: GuestOptions): readonly Device[] {
  const { hw_input_bus: bus, hw_pointer_model: pointer } = image;
  // A guest that is to have no USB gets no pointer that nobody asked for. (Zed keeps both, and USB.)
  const isUnwanted = hardware.options.profile === 'modern' && usbModel === 'none' && pointer === undefined;
  const usual = hardware.pointerModel === 'usbtablet' && !isUnwanted ? 'usb' : undefined;
  const tabletBus = bus ?? usual;
  // x86 has a PS/2 keyboard by itself.
  const keyboardBus = bus ?? (hardware.arch === 'aarch64' ? 'usb' : undefined);
  const devices: Device[] = [];
  if (tabletBus !== undefined) devices.push({ kind: 'input', type: 'tablet', bus: tabletBus });
  if (keyboardBus !== undefined) devices.push({ kind: 'input', type: 'keyboard', bus: keyboardBus });
  return devices;
}

/** Nova gives a channel to images that ask for one; novalet to all that do not refuse it, and the first lane with it. */
function channels({ hardware, paths }: DomainInput, { image }: GuestOptions): readonly Device[] {
  const { guestAgent, lane } = hardware.options;
  if (!(image.hw_qemu_guest_agent ?? guestAgent)) return [];
  const agent: Device = { kind: 'channel', name: AGENT_PORT, path: paths.agentSocket ?? undefined };
  return lane ? [agent, { kind: 'channel', name: lanePort(0) }] : [agent];
}

function tpm({ settings }: DomainInput, options: GuestOptions): readonly Device[] {
  return options.tpm === null
    ? []
    : [{ kind: 'tpm', ...options.tpm, secret: settings.tpmSecret ?? undefined }];
}

function pcieControllers({ hardware, host }: DomainInput): readonly Device[] {
  const { machineType, options } = hardware;
  const isPcie =
    (host.arch === 'x86_64' && machineType.includes('q35')) ||
    (host.arch === 'aarch64' && machineType.startsWith('virt'));
  if (options.pciePorts === 0 || !isPcie) return [];
  const rootPort: Device = { kind: 'controller', type: 'pci', model: 'pcie-root-port' };
  const root: Device = { kind: 'controller', type: 'pci', model: 'pcie-root' };
  return [root, ...Array.from({ length: options.pciePorts }, () => rootPort)];
}

/**
 * Named even where nothing needs USB, to be rid of the one that libvirt adds. Modern: without a model libvirt makes a
 * named controller a UHCI one, which costs a q35 guest two bridges and a slow tablet.
 * Quirk: where something needs USB, Nova leaves hw:usb_model aside.
 */
function usbController(
  { hardware }: DomainInput,
  { usbModel }: GuestOptions,
  devices: readonly Device[],
): Device {
  const isModern = hardware.options.profile === 'modern';
  const isNeeded = devices.some(
    (device) =>
      (device.kind === 'disk' && device.target.bus === 'usb') ||
      (device.kind === 'input' && device.bus === 'usb'),
  );
  if (isNeeded && isModern && usbModel === 'none') throw usbNeeded();
  const whenNeeded = isModern ? (usbModel ?? 'qemu-xhci') : undefined;
  const otherwise = hardware.arch.startsWith('ppc') ? undefined : (usbModel ?? 'none');
  return { kind: 'controller', type: 'usb', index: 0, model: isNeeded ? whenNeeded : otherwise };
}

function usbNeeded(): Fault {
  return new Fault('invalid', 'USB_NEEDED', 'The guest is to have no USB, and a device of it is on USB', {
    hint: 'Take hw:usb_model=none away, or set hw_input_bus, hw_disk_bus and hw_cdrom_bus of the image to another bus.',
    details: { key: 'hw:usb_model' },
  });
}

/** `0000:3b:00.1`. */
function hostPciDevice(address: string): Device {
  const [domain = '', bus = '', slot = '', fn = ''] = address.split(/[:.]/);
  return { kind: 'hostdev', address: { domain, bus, slot, function: fn } };
}

function watchdog({ watchdogAction }: GuestOptions): readonly Device[] {
  return watchdogAction === null ? [] : [{ kind: 'watchdog', model: 'i6300esb', action: watchdogAction }];
}

/** Without one of ours libvirt adds a balloon, which Zed lets happen. */
function balloon({ hardware }: DomainInput): readonly Device[] {
  const { profile, statsPeriodS, balloon: isWanted, autodeflate, freePageReporting } = hardware.options;
  if (!isWanted) return [{ kind: 'memballoon', model: 'none' }];
  if (statsPeriodS <= 0) return profile === 'modern' ? [{ kind: 'memballoon', model: 'none' }] : [];
  // One that opens by itself would give the guest what it is to have only when somebody says so.
  const mayOpen = autodeflate && hardware.maxima === undefined;
  return [{ kind: 'memballoon', model: 'virtio', statsPeriodS, autodeflate: mayOpen, freePageReporting }];
}

/** Quirk: Zed gives Intel's attributes to every model; libvirt takes them for Intel's only, and refuses the domain. */
function iommu({ hardware, settings }: DomainInput, { iommuModel: model }: GuestOptions): readonly Device[] {
  if (model === null) return [];
  const isPlain = !settings.isLiteral && model !== 'intel';
  const eim = hardware.machineType.includes('q35') ? 'on' : 'off';
  const driver = { intremap: 'on', caching_mode: 'on', aw_bits: 48, eim, iotlb: 'on' };
  return [{ kind: 'iommu', model, driver: isPlain ? undefined : driver }];
}
