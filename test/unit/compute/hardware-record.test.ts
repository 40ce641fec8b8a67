// What was chosen for an instance stays chosen: no configuration, no newer QEMU and no newer novalet changes its XML.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_CLAIMS, DEFAULT_WORK_LIMITS } from '../../../src/app/claim-settings.ts';
import { DEFAULT_ACCESS } from '../../../src/audit/index.ts';
import type { HardwareHost } from '../../../src/compute/choose-hardware.ts';
import { domainXmlOf } from '../../../src/compute/domain-of.ts';
import { type LaunchContext, planLaunch } from '../../../src/compute/plan-launch.ts';
import { DEFAULT_HARDWARE, type Settings } from '../../../src/compute/settings.ts';
import { DEFAULT_FLAVORS, type Image, type Instance, PROFILE_SWITCHES } from '../../../src/model/index.ts';
import { inRecord, instanceShape } from '../../../src/store/records.ts';

const [flavor = assert.fail('there is no flavor')] = DEFAULT_FLAVORS;
const IMAGE: Image = {
  id: '22222222-0000-4000-8000-000000000001',
  name: 'debian',
  diskFormat: 'qcow2',
  minDiskGiB: 0,
  minRamMiB: 0,
  sizeBytes: 1,
  virtualSizeBytes: 1,
  sha256: '',
  properties: { hw_firmware_type: 'uefi' },
  createdAt: '2026-01-01T00:00:00.000Z',
};

function settings(changes: Partial<Settings> = {}): Settings {
  return {
    connect: 'qemu:///system',
    stateDir: '/state',
    instanceNameTemplate: 'instance-%08x',
    virtType: 'auto',
    cpuMode: null,
    cpuModels: [],
    cpuModelExtraFlags: [],
    cpuDedicatedSet: null,
    cpuSharedSet: null,
    hardware: DEFAULT_HARDWARE,
    pci: { devices: [], aliases: [] },
    defaultFlavor: 'm1.small',
    rescueImage: null,
    networkName: 'novalet',
    networkSubnet: null,
    dhcpDomain: 'novalocal',
    agentWay: 'auto',
    forceConfigDrive: false,
    flatInjected: false,
    configDriveFormat: 'iso9660',
    vncListen: '127.0.0.1',
    vncPassword: false,
    imageMirrors: {},
    shutdownTimeoutS: 60,
    agentTimeoutS: 10,
    workLimits: DEFAULT_WORK_LIMITS,
    claims: DEFAULT_CLAIMS,
    access: DEFAULT_ACCESS,
    ...changes,
  };
}

function host(version: string, files: string): HardwareHost {
  const real = `pc-q35-${version}`;
  return {
    arch: 'x86_64',
    virtType: 'kvm',
    machineTypes: { x86_64: { q35: real, [real]: real, pc: `pc-i440fx-${version}` } },
    cpuModes: ['host-model'],
    firmware: {
      x86_64: {
        plain: { loader: `/${files}/code`, nvramTemplate: `/${files}/vars` },
        secure: { loader: `/${files}/secure`, nvramTemplate: `/${files}/keys` },
      },
    },
    maxQueues: 256,
  };
}

function context(given: Settings, hardwareHost: HardwareHost, version: string): LaunchContext {
  return {
    settings: given,
    instances: '/state/instances',
    host: { arch: 'x86_64' },
    hardwareHost,
    hostMemoryMiB: 65_536,
    configDrive: { configDrive: true, datasource: 'config-drive' },
    carrier: null,
    agent: {
      wishes: { way: 'none', isAsked: false, isInstalled: false, keepBlocks: false },
      hostAgentArch: null,
    },
    limits: { tpmModels: [], ioUring: true },
    pci: { devices: [], held: new Map() },
    hostCells: [],
    numaRoom: () => assert.fail('nobody asked for cells'),
    version,
  };
}

function launched(
  given: LaunchContext,
  properties: Image['properties'] = {},
): { readonly instance: Instance; readonly xml: string } {
  const { instance, domainXml } = planLaunch(
    {
      image: { ...IMAGE, properties: { ...IMAGE.properties, ...properties } },
      kernel: null,
      ramdisk: null,
      flavor,
    },
    {
      id: '11111111-0000-4000-8000-000000000001',
      number: 1,
      domainName: 'instance-00000001',
      name: 'calm-otter',
      hostname: 'calm-otter',
      createdAt: '2026-01-01T00:00:00.000Z',
      ports: [],
      links: [],
      metadata: {},
      tags: [],
    },
    given,
  );
  return { instance, xml: domainXml };
}

test('a config drive keeps the form that it was launched in', () => {
  const [vfat, iso] = (['vfat', 'iso9660'] as const).map((configDriveFormat) =>
    context(settings({ configDriveFormat }), host('7.2', 'a'), '0.5.0'),
  );
  assert.ok(vfat !== undefined && iso !== undefined);
  const first = launched(vfat);
  assert.match(
    first.xml,
    /<disk type="file" device="disk">(?:(?!<\/disk>)[\s\S])*disk\.config"\/>\s*<target dev="vdb" bus="virtio"/,
  );
  assert.doesNotMatch(first.xml, /cdrom/);
  const stored = instanceShape(JSON.parse(JSON.stringify(first.instance)), inRecord('instance'));
  assert.equal(domainXmlOf(stored, iso), first.xml);
  assert.match(launched(iso).xml, /device="cdrom"/);
});

test('another configuration, host and novalet after the launch leave the XML as it was', () => {
  const first = launched(context(settings(), host('7.2', 'old'), '0.1.0'));
  const stored = instanceShape(JSON.parse(JSON.stringify(first.instance)), inRecord('instance'));
  const other = settings({
    cpuMode: 'host-passthrough',
    cpuModelExtraFlags: ['+vmx'],
    configDriveFormat: 'vfat',
    hardware: {
      ...DEFAULT_HARDWARE,
      ...PROFILE_SWITCHES.zed,
      profile: 'zed',
      ioUring: true,
      balloon: false,
      machineTypes: { x86_64: 'pc' },
      pointerModel: null,
      statsPeriodS: 60,
      pciePorts: 12,
      rxQueueSize: 1024,
      serialNumber: 'none',
    },
  });
  const now = context(other, host('10.0', 'new'), '2.0.0');
  assert.equal(domainXmlOf(stored, now), first.xml);
  const second = launched(now);
  assert.notEqual(second.xml, first.xml);
  assert.match(second.xml, /<type arch="x86_64" machine="pc-i440fx-10\.0">/);
  assert.match(second.xml, /<memballoon model="none"\/>/);
  assert.match(second.xml, /io="io_uring"/);
});

test('the machine type is recorded by its real name, which a newer QEMU keeps', () => {
  assert.equal(
    launched(context(settings(), host('7.2', 'a'), '1')).instance.hardware.machineType,
    'pc-q35-7.2',
  );
});

test('what Nova writes and libvirt refuses or misreads stays out of launches of profile zed', () => {
  const hardware = { ...DEFAULT_HARDWARE, ...PROFILE_SWITCHES.zed, profile: 'zed' } as const;
  const image = {
    hw_machine_type: 'q35',
    os_secure_boot: 'required',
    hw_viommu_model: 'virtio',
    os_type: 'windows',
  };
  const { xml } = launched(context(settings({ hardware }), host('7.2', 'a'), '1'), image);
  assert.match(xml, /<smm state="on"\/>/);
  assert.match(xml, /<iommu model="virtio"\/>/);
  assert.doesNotMatch(xml, /<smm>|evmcs|reenlightenment/);
});

test('a guest of profile zed has the channels that novalet needs all the same', () => {
  const hardware = { ...DEFAULT_HARDWARE, ...PROFILE_SWITCHES.zed, profile: 'zed' } as const;
  const { xml } = launched(context(settings({ hardware }), host('7.2', 'a'), '1'));
  assert.match(xml, /org\.qemu\.guest_agent\.0"\/>[\s\S]*org\.novalet\.lane\.0/);
  assert.doesNotMatch(xml, /iothread|discard|autodeflate/);
});
