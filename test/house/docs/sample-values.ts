// One value of each kind that commands print, with every list filled, for comparing field names.
import { Fault } from '../../../src/base/index.ts';
import type {
  GuestAddresses,
  InstanceView,
  NetworkView,
  PortView,
  StepResult,
  TemplateVerified,
} from '../../../src/compute/index.ts';
import type { Image } from '../../../src/model/index.ts';
import { aFlavor, aRootDisk, someHardware } from '../../support/samples.ts';

const TIME = '2026-01-02T03:04:05.000Z';
const ID = '6b4b0f8e-8f5a-4a3e-9a37-0a6b5f1c2d3e';

const FLAVOR = aFlavor({ name: 'm1.tiny', memoryMiB: 512 });

const HARDWARE = someHardware({ pointerModel: 'usbtablet' });

export const VIEW: InstanceView = {
  instance: {
    id: ID,
    number: 1,
    domainName: 'instance-00000001',
    name: 'calm-otter',
    hostname: 'calm-otter',
    vmState: 'active',
    taskState: null,
    fault: null,
    adoption: null,
    flavor: FLAVOR,
    image: { id: ID, name: 'debian', properties: {} },
    carrier: { service: 'nocloud-net', seedFrom: 'kernel', cloudConfigUrl: 'http://a/', networkConfig: null },
    links: [
      {
        kind: 'vlan',
        name: 'vlan7',
        vlanId: 7,
        over: 0,
        addressing: [
          {
            kind: 'static',
            address: '192.0.2.10',
            prefix: 24,
            routes: [{ destination: '10.0.0.0/8', gateway: '192.0.2.1' }],
          },
        ],
      },
    ],
    numa: {
      cells: [
        {
          hostCell: 0,
          memoryMiB: 512,
          pins: [{ vcpu: 0, cpu: 2 }],
          floating: [],
          floatingCpus: [],
          pageSizeKiB: 2048,
          hasHugePages: true,
          heldCpus: [2],
        },
      ],
      emulatorCpus: [0],
      realtimeVcpus: [],
      isMemoryShared: false,
      isMemoryLocked: false,
    },
    hardware: HARDWARE,
    disks: [aRootDisk()],
    ports: [
      {
        id: ID,
        mac: '52:54:00:00:00:01',
        binding: { kind: 'network', network: 'novalet', bridge: 'nvbr0' },
        deviceName: 'tap6b4b0f8e-8f',
        mtu: null,
        isMtuChosen: false,
        fixedIps: [{ address: '192.168.150.2', prefix: 24 }],
        addressing: [
          {
            kind: 'static',
            address: '192.168.150.2',
            prefix: 24,
            routes: [{ destination: '10.0.0.0/8', gateway: '192.168.150.1' }],
          },
        ],
      },
    ],
    metadata: { colour: 'blue' },
    volumes: [],
    shares: [{ tag: 'data', path: '/srv/data', driver: 'virtiofs', readOnly: false }],
    lock: null,
    rescue: { image: { id: ID, name: 'debian', properties: {} }, disks: [], isStable: false },
    resize: { flavor: FLAVOR, hardware: HARDWARE, numa: null, disks: [], wasRunning: true, at: TIME },
    tags: ['web'],
    createdAt: TIME,
    launchedAt: TIME,
  },
  powerState: 'RUNNING',
  status: 'ACTIVE',
  agent: 'connected',
  vnc: null,
  addresses: ['192.168.150.2'],
  attached: { disks: [aRootDisk()], volumes: [] },
};

export const IMAGE: Image = {
  id: ID,
  name: 'debian',
  diskFormat: 'qcow2',
  minDiskGiB: 0,
  minRamMiB: 0,
  sizeBytes: 1,
  virtualSizeBytes: 1,
  sha256: '0'.repeat(64),
  properties: {},
  createdAt: TIME,
};

export const NETWORK: NetworkView = {
  name: 'lab',
  subnet: '192.168.151.0/24',
  gateway: '192.168.151.1',
  forward: 'nat',
  domain: 'lab.example',
  mtu: 1500,
  bridge: 'nvbr1',
  isActive: true,
  isManaged: true,
  instances: ['calm-otter'],
  ports: ['front'],
};

export const NAMED_PORT: PortView = {
  id: ID,
  name: 'front',
  network: 'lab',
  mac: 'fa:16:3e:00:00:01',
  addresses: [{ address: '192.168.151.2', prefix: 24 }],
  instance: { id: ID, name: 'calm-otter' },
};

export const GUEST_ADDRESSES: GuestAddresses = {
  source: 'agent',
  interfaces: [
    {
      name: 'eth0',
      mac: '52:54:00:00:00:01',
      addresses: [{ address: '192.168.150.2', prefix: 24, family: 'ipv4' }],
    },
  ],
};

export const STEP: StepResult = {
  kind: 'image',
  name: 'debian',
  action: 'create',
  cost: 'none',
  differences: [{ key: 'source', from: null, to: 'disk.raw' }],
  notes: ['made'],
  problem: null,
  result: 'failed',
  warnings: ['not quite'],
  fault: new Fault('not-found', 'FILE_NOT_FOUND', 'There is no file disk.raw'),
};

export const TEMPLATE: TemplateVerified = {
  template: {
    id: ID,
    name: 'ci',
    state: 'ready',
    source: { kind: 'image', id: ID, name: 'debian' },
    guest: VIEW.instance,
    host: { libvirt: '9.0.0', qemu: '7.2.0', cpu: '0'.repeat(64), machine: 'pc-q35-7.2' },
    inside: { hostKeyTypes: ['ed25519', 'rsa'], hasCloudInit: true },
    files: [
      { name: 'memory', sizeBytes: 157_286_400, allocatedBytes: 157_290_496, sha256: 'a'.repeat(64) },
      { name: 'disk', sizeBytes: 104_857_600, allocatedBytes: 52_428_800, sha256: 'b'.repeat(64) },
    ],
    createdAt: TIME,
  },
  users: ['calm-otter'],
  stale: null,
  damaged: new Map([['disk', 'changed']]),
};
