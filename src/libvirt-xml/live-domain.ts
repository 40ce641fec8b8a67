// What the XML of a domain shows of its state now: sockets, ports and names that libvirt chose when it started.
import { attributeOf, childElements, type Element, find, textOf } from './element.ts';
import { parseXml } from './parse.ts';

export const AGENT_PORT = 'org.qemu.guest_agent.0';
/** A lane's port is this and a number; the server in the guest looks for it (docs/lane-protocol.md). */
const LANE_PORT = 'org.novalet.lane.';

export function lanePort(number: number): string {
  return `${LANE_PORT}${number}`;
}

/** The number of a lane's port; undefined for other ports. */
export function laneNumber(port: string): number | undefined {
  const digits = port.startsWith(LANE_PORT) ? port.slice(LANE_PORT.length) : '';
  return /^(0|[1-9]\d?)$/.test(digits) ? Number(digits) : undefined;
}

export interface LiveDomainFacts {
  readonly uuid: string;
  readonly name: string;
  readonly virtType: string;
  /** libvirt's id; null when the domain does not run. */
  readonly id: number | null;
  readonly arch: string | null;
  /** The versioned machine type that libvirt made of the one asked for. */
  readonly machineType: string | null;
  /** The terminal device of the first serial console, `/dev/pts/N`. */
  readonly consoleTty: string | null;
  readonly consoleLog: string | null;
  readonly agent: ChannelFacts | null;
  readonly channels: readonly ChannelFacts[];
  /** Null when the domain has no VNC display. */
  readonly vnc: VncFacts | null;
  readonly interfaces: readonly InterfaceFacts[];
  readonly disks: readonly DiskFacts[];
}

/** A display on an address and a port, or on a unix socket; all that libvirt chooses is null while the domain does not run. */
export interface VncFacts {
  readonly listen: string | null;
  readonly port: number | null;
  /** Path of the socket. */
  readonly socket: string | null;
}

/** A virtio-serial port. */
export interface ChannelFacts {
  readonly name: string;
  /** The unix socket of the host's end. */
  readonly path: string | null;
  /** Whether the guest holds its end open; null when the domain does not run. */
  readonly state: 'connected' | 'disconnected' | null;
}

export interface InterfaceFacts {
  readonly type: string;
  readonly mac: string | null;
  /** The tap device on the host. */
  readonly target: string | null;
  /** Network or bridge by name. */
  readonly source: string | null;
  readonly model: string | null;
  readonly alias: string | null;
}

export interface DiskFacts {
  readonly device: string;
  readonly target: string | null;
  readonly bus: string | null;
  /** File or block device; null for an empty drive and for network disks. */
  readonly source: string | null;
  readonly format: string | null;
  readonly alias: string | null;
}

/** Reads the XML of a domain. Throws `XML_MALFORMED` or `XML_REFUSED`. */
export function liveDomainFacts(xml: string): LiveDomainFacts {
  const root = parseXml(xml, "a domain's XML");
  const devices = find(root, 'devices');
  const all = (name: string): readonly Element[] =>
    devices === undefined ? [] : childElements(devices, name);
  const osType = find(root, 'os', 'type');
  const serial = all('serial')[0] ?? all('console')[0];
  const channels = all('channel').flatMap(channelFacts);
  const vnc = all('graphics').find((display) => attributeOf(display, 'type') === 'vnc');
  return {
    uuid: textOf(find(root, 'uuid')) ?? '',
    name: textOf(find(root, 'name')) ?? '',
    virtType: attributeOf(root, 'type') ?? '',
    id: wholeNumber(attributeOf(root, 'id')),
    arch: attributeOf(osType, 'arch') ?? null,
    machineType: attributeOf(osType, 'machine') ?? null,
    consoleTty: serial === undefined ? null : (attributeOf(find(serial, 'source'), 'path') ?? null),
    consoleLog: serial === undefined ? null : (attributeOf(find(serial, 'log'), 'file') ?? null),
    agent: channels.find((channel) => channel.name === AGENT_PORT) ?? null,
    channels,
    vnc: vnc === undefined ? null : vncFacts(vnc),
    interfaces: all('interface').map(interfaceFacts),
    disks: all('disk').map(diskFacts),
  };
}

function channelFacts(channel: Element): readonly ChannelFacts[] {
  const target = find(channel, 'target');
  const name = attributeOf(target, 'name');
  if (name === undefined || attributeOf(target, 'type') !== 'virtio') return [];
  const state = attributeOf(target, 'state');
  return [
    {
      name,
      path: attributeOf(find(channel, 'source'), 'path') ?? null,
      state: state === 'connected' || state === 'disconnected' ? state : null,
    },
  ];
}

function vncFacts(display: Element): VncFacts {
  const port = wholeNumber(attributeOf(display, 'port'));
  return {
    listen: attributeOf(display, 'listen') ?? null,
    port: port === null || port < 0 ? null : port,
    socket: attributeOf(display, 'socket') ?? null,
  };
}

function interfaceFacts(device: Element): InterfaceFacts {
  const source = find(device, 'source');
  return {
    type: attributeOf(device, 'type') ?? '',
    mac: attributeOf(find(device, 'mac'), 'address') ?? null,
    target: attributeOf(find(device, 'target'), 'dev') ?? null,
    source: attributeOf(source, 'network') ?? attributeOf(source, 'bridge') ?? null,
    model: attributeOf(find(device, 'model'), 'type') ?? null,
    alias: attributeOf(find(device, 'alias'), 'name') ?? null,
  };
}

function diskFacts(disk: Element): DiskFacts {
  const source = find(disk, 'source');
  const target = find(disk, 'target');
  return {
    device: attributeOf(disk, 'device') ?? 'disk',
    target: attributeOf(target, 'dev') ?? null,
    bus: attributeOf(target, 'bus') ?? null,
    source: attributeOf(source, 'file') ?? attributeOf(source, 'dev') ?? null,
    format: attributeOf(find(disk, 'driver'), 'type') ?? null,
    alias: attributeOf(find(disk, 'alias'), 'name') ?? null,
  };
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^-?\d{1,9}$/.test(text) ? Number(text) : null;
}
