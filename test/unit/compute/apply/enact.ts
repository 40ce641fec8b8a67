// What planned acts come to, in values: the world in which a comparison is made again.

import { wantedProperties } from '../../../../src/compute/apply/compare-image.ts';
import { draftOf, launchRequestOf } from '../../../../src/compute/apply/compare-input.ts';
import { wantedLinks } from '../../../../src/compute/apply/compare-links.ts';
import type { Act, PlannedStep } from '../../../../src/compute/apply/planned-step.ts';
import type { Present, PresentInstance } from '../../../../src/compute/apply/present.ts';
import type { WantedDisk, WantedImage, WantedInstance } from '../../../../src/compute/apply/requests.ts';
import type { DiskWish } from '../../../../src/compute/disks/disk-requests.ts';
import type { NetworkCreateRequest, NetworkView } from '../../../../src/compute/networks/requests.ts';
import type { PortCreateRequest, PortView } from '../../../../src/compute/ports/requests.ts';
import type {
  Flavor,
  GuestInput,
  Image,
  Instance,
  NetworkRequest,
  Port,
  StaticAddressing,
  StaticRequest,
  Volume,
  VolumeSource,
} from '../../../../src/model/index.ts';
import { checkTags, networkOfPort, PLAIN_ADDRESSING, planShare } from '../../../../src/model/index.ts';
import { aRootDisk } from '../../../support/samples.ts';
import { anInstance } from '../../store/an-instance.ts';

let made = 0;

/** An id that nothing else has. */
function freshId(): string {
  made += 1;
  return `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`;
}

export const MANAGED = 'novalet';

/** A host with nothing but one image and the flavors given. */
export function aHost(flavors: readonly Flavor[] = []): Present {
  return {
    images: [anImage({ name: 'debian', from: { kind: 'source', source: '/debian' } }, [])],
    flavors,
    networks: [],
    ports: [],
    instances: [],
    managedNetwork: MANAGED,
    realPaths: new Map(),
    missingPaths: new Set(),
  };
}

export function anImage(wanted: WantedImage, images: readonly Image[]): Image {
  return {
    id: freshId(),
    name: wanted.name,
    diskFormat: wanted.diskFormat === 'iso' ? 'iso' : 'qcow2',
    minDiskGiB: wanted.minDiskGiB ?? 0,
    minRamMiB: wanted.minRamMiB ?? 0,
    sizeBytes: 1,
    virtualSizeBytes: 1,
    sha256: '0'.repeat(64), // of what is stored, which may be another than what was fetched
    ...(wanted.sha256 === undefined ? {} : { sourceSha256: wanted.sha256 }),
    properties: wantedProperties(wanted, images),
    createdAt: '2026-01-01T00:00:00.000Z',
  };
}

/** All of it done. */
export function enact(present: Present, steps: readonly PlannedStep[]): Present {
  return steps.flatMap(({ acts }) => acts).reduce((before, act) => withUsers(after(before, act)), present);
}

/** Ports and networks know who has them. */
function withUsers(present: Present): Present {
  const instances = present.instances.map(({ instance }) => instance);
  const ports = present.ports.map((port) => {
    const holder = instances.find((one) => one.ports.some(({ id }) => id === port.id));
    return { ...port, instance: holder === undefined ? null : { id: holder.id, name: holder.name } };
  });
  const networks = present.networks.map((network) => ({
    ...network,
    instances: instances
      .filter((one) => one.ports.some((port) => networkOfPort(port) === network.name))
      .map(({ name }) => name),
    ports: ports.filter((port) => port.network === network.name).map(({ name }) => name),
  }));
  return { ...present, ports, networks };
}

function aNetwork({ name, subnet, forward, domain, mtu }: NetworkCreateRequest): NetworkView {
  return {
    name,
    subnet: subnet ?? '192.168.131.0/24',
    gateway: '192.168.131.1',
    forward: forward ?? 'nat',
    domain: domain ?? 'novalet.internal',
    mtu: mtu ?? null,
    bridge: `br-${name}`,
    isActive: true,
    isManaged: true,
    instances: [],
    ports: [],
  };
}

function aPort({ name, network = MANAGED, mac, address }: PortCreateRequest): PortView {
  const id = freshId();
  const [ip = '192.168.131.2', prefix = '24'] = (address ?? '').split('/').filter((part) => part !== '');
  return {
    id,
    name,
    network,
    mac: mac ?? `fa:16:3e:${id.slice(-6).replaceAll(/(..)(?=.)/g, '$1:')}`,
    addresses: [{ address: ip, prefix: Number(prefix) }],
    instance: null,
  };
}

function after(present: Present, act: Act): Present {
  switch (act.kind) {
    case 'add-image':
      return { ...present, images: [...present.images, anImage(act.image, present.images)] };
    case 'replace-image': {
      const others = present.images.filter(({ id }) => id !== act.id);
      return { ...present, images: [...others, anImage(act.image, others)] };
    }
    case 'set-image': {
      const { properties, ...minima } = act.changes;
      const images = present.images.map((image) =>
        image.id === act.id
          ? { ...image, ...minima, properties: { ...image.properties, ...properties } }
          : image,
      );
      return { ...present, images };
    }
    case 'remove-image':
      return { ...present, images: present.images.filter(({ id }) => id !== act.id) };
    case 'create-flavor':
      return { ...present, flavors: [...present.flavors, act.flavor] };
    case 'replace-flavor':
      return {
        ...present,
        flavors: [...present.flavors.filter(({ name }) => name !== act.flavor.name), act.flavor],
      };
    case 'remove-flavor':
      return { ...present, flavors: present.flavors.filter(({ name }) => name !== act.name) };
    case 'check-launch':
      return present;
    case 'create-network':
      return { ...present, networks: [...present.networks, aNetwork(act.request)] };
    case 'remove-network':
      return { ...present, networks: present.networks.filter(({ name }) => name !== act.name) };
    case 'create-port':
      return { ...present, ports: [...present.ports, aPort(act.request)] };
    case 'remove-port':
      return { ...present, ports: present.ports.filter(({ name }) => name !== act.name) };
    case 'launch':
      return { ...present, instances: [...present.instances, launched(act.wanted, present)] };
    case 'delete':
      return { ...present, instances: present.instances.filter(({ instance }) => instance.id !== act.id) };
    default: {
      const isIt = ({ instance: { id, name } }: PresentInstance) => id === act.id || name === act.id;
      const instances = present.instances.map((one) => (isIt(one) ? changed(one, act, present) : one));
      return { ...present, instances };
    }
  }
}

type Change = Extract<Act, { readonly id: string }>;

function changed(one: PresentInstance, act: Change, present: Present): PresentInstance {
  const { instance } = one;
  const to = (changes: Partial<Instance>): PresentInstance => ({
    ...one,
    instance: { ...instance, ...changes },
  });
  switch (act.kind) {
    case 'start':
    case 'resume':
    case 'unpause':
    case 'unshelve':
      return { ...to({ vmState: 'active' }), isOn: true };
    case 'stop':
      return { ...to({ vmState: 'stopped' }), isOn: false };
    case 'confirm-resize':
      return to({ vmState: one.isOn ? 'active' : 'stopped' });
    case 'resize':
      return to({ vmState: 'resized', flavor: flavorOf(act.flavor, present) });
    case 'change-size': {
      const { maxVcpus: vcpus, maxMemoryMiB: memoryMiB } = act.change;
      const maxima = instance.hardware.maxima ?? instance.flavor;
      const wanted = { vcpus: vcpus ?? maxima.vcpus, memoryMiB: memoryMiB ?? maxima.memoryMiB };
      return to({ hardware: { ...instance.hardware, maxima: wanted } });
    }
    case 'rebuild': {
      const { instance: anew, input } = launched(act.wanted, present);
      const { image } = anew;
      return { ...to({ image }), input: inputAfter(act.wanted, one.input, input) };
    }
    case 'detach-card':
      return to({ ports: instance.ports.filter(({ id }) => id !== act.port) });
    case 'attach-card':
      return to({ ports: [...instance.ports, portFor(act.request, present)] });
    case 'add-share':
      return to({ shares: [...instance.shares, planShare(act.request, instance.shares)] });
    case 'remove-share':
      return to({ shares: instance.shares.filter(({ tag }) => tag !== act.tag) });
    case 'attach-disk':
      return to({ volumes: [...instance.volumes, volumeFor(act.disk, present)] });
    case 'detach-disk':
      return to({ volumes: instance.volumes.filter(({ id }) => id !== act.volume) });
    case 'grow-disk':
      return to({
        volumes: instance.volumes.map((one) =>
          one.id === act.volume ? { ...one, sizeBytes: act.sizeBytes } : one,
        ),
      });
    case 'change-medium':
      return to({ volumes: instance.volumes.map((one) => withMedium(one, act, present)) });
    case 'change-record': {
      const { metadata = {}, addTags = [], removeTags = [] } = act.change;
      const entries = Object.entries({ ...instance.metadata, ...metadata });
      const kept = entries.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]));
      const tags = [...instance.tags.filter((tag) => !removeTags.includes(tag)), ...addTags];
      return to({ metadata: Object.fromEntries(kept), tags: checkTags(tags) });
    }
    default:
      throw new Error(`${act.kind} is done elsewhere`);
  }
}

function inputAfter(
  wanted: WantedInstance,
  before: GuestInput | undefined,
  anew: GuestInput | undefined,
): GuestInput | undefined {
  if (before === undefined || anew === undefined) return anew;
  const saysData = wanted.userData !== undefined || wanted.guest !== undefined;
  return {
    ...anew,
    keys: wanted.sshKeys === undefined ? before.keys : anew.keys,
    userData: saysData ? anew.userData : before.userData,
    files: wanted.files === undefined ? before.files : anew.files,
  };
}

/** As `disks.attach` records it. */
function volumeFor({ name, source: wish, device, bus, readOnly }: WantedDisk, present: Present): Volume {
  const id = freshId();
  const image = wish.kind === 'image' ? present.images.find((one) => one.name === wish.image) : undefined;
  const isCd = device === 'cdrom' || image?.diskFormat === 'iso';
  const cdBus = bus ?? (isCd ? 'usb' : 'virtio');
  const asked = wish.kind === 'new' || wish.kind === 'image' ? (wish.sizeBytes ?? 0) : null;
  return {
    id: wish.kind === 'kept' ? `${wish.id}${id.slice(wish.id.length)}` : id,
    source: sourceFor(wish, id, present),
    device: isCd ? 'cdrom' : 'disk',
    bus: cdBus,
    target: `vd-${id.slice(-6)}`,
    readOnly: isCd || readOnly === true,
    sizeBytes: asked === null ? null : Math.max(asked, image?.virtualSizeBytes ?? 0),
    attachedAt: '2026-01-01T00:00:00.000Z',
    name,
    ...(image === undefined ? {} : { imageId: image.id }),
  };
}

function sourceFor(wish: DiskWish, id: string, { realPaths }: Present): VolumeSource | null {
  switch (wish.kind) {
    case 'none':
      return null;
    case 'file':
      return { kind: 'file', path: realPaths.get(wish.path) ?? wish.path, format: wish.format ?? 'raw' };
    case 'image':
    case 'new':
    case 'kept':
      return { kind: 'own', fileName: `volume-${id}`, format: 'qcow2' };
    default:
      return wish;
  }
}

function withMedium(
  volume: Volume,
  { target, medium }: Extract<Act, { kind: 'change-medium' }>,
  present: Present,
): Volume {
  if (volume.target !== target) return volume;
  const { imageId: _before, ...drive } = volume;
  const name = volume.name ?? '';
  if (medium === null) return { ...drive, source: null };
  if (medium.kind === 'original') throw new Error('it was launched with nothing');
  const { source, imageId } = volumeFor({ name, source: medium, device: 'cdrom' }, present);
  return { ...drive, source, ...(imageId === undefined ? {} : { imageId }) };
}

function flavorOf(name: string | undefined, { flavors }: Present): Flavor {
  const found = flavors.find((flavor) => flavor.name === name);
  return found ?? anInstance().flavor;
}

function launched(wanted: WantedInstance, present: Present): PresentInstance {
  const image = present.images.find(({ name }) => name === wanted.image);
  if (image === undefined) throw new Error(`there is no image ${wanted.image}`);
  const draft = draftOf(wanted, image);
  const flavor = flavorOf(wanted.flavor, present);
  const isOn = wanted.state !== 'stopped';
  const maxima = {
    vcpus: wanted.maxVcpus ?? flavor.vcpus,
    memoryMiB: wanted.maxMemoryMiB ?? flavor.memoryMiB,
  };
  const instance = anInstance({
    id: freshId(),
    name: wanted.name,
    hostname: wanted.guest?.hostname ?? wanted.name,
    vmState: isOn ? 'active' : 'stopped',
    image: { id: image.id, name: image.name, properties: image.properties },
    flavor,
    hardware: { ...anInstance().hardware, maxima },
    disks: [aRootDisk({ sizeBytes: flavor.rootGiB * 1024 ** 3 })],
    ports: (wanted.networks ?? [{}])
      .filter(({ network }) => network !== 'none')
      .map((one) => portFor(one, present)),
    links: wantedLinks(wanted) ?? [],
    shares: (launchRequestOf(wanted).shares ?? []).map((share) => planShare(share, [])),
    metadata: wanted.metadata ?? {},
    tags: checkTags(wanted.tags ?? []),
  });
  const input: GuestInput = {
    keys: draft?.keys ?? [],
    userData: draft?.userData?.data ?? null,
    vendorConfig: null,
    files: draft?.injectedFiles ?? [],
    randomSeed: Buffer.alloc(0),
  };
  return { instance, isOn, input };
}

function portFor({ port, network = MANAGED, mac, mtu, addressing }: NetworkRequest, present: Present): Port {
  const named = present.ports.find(({ name }) => name === port);
  if (port !== undefined && named === undefined) throw new Error(`there is no port ${port}`);
  if (named !== undefined) {
    const { id, network: on, mac: address, addresses } = named;
    return { ...portFor({ network: on, mac: address }, present), id, fixedIps: addresses };
  }
  const id = freshId();
  return {
    id,
    mac: mac?.toLowerCase() ?? `fa:16:3e:${id.slice(-6).replaceAll(/(..)(?=.)/g, '$1:')}`,
    binding: { kind: 'network', network, bridge: `br-${network}` },
    deviceName: `tap${id}`.slice(0, 14),
    mtu: mtu ?? null,
    isMtuChosen: mtu !== undefined,
    fixedIps: [],
    addressing: (addressing ?? PLAIN_ADDRESSING).map((one) =>
      one.kind === 'static' ? fixedAddress(one) : one,
    ),
  };
}

/** What a network fills in, and no gateway where none is wished for. */
function fixedAddress({ gateway, prefix = 24, ...rest }: StaticRequest): StaticAddressing {
  return { ...rest, prefix, ...(typeof gateway === 'string' ? { gateway } : {}) };
}
