// An instance record for tests of the store.
import { DEFAULT_FLAVORS, type Instance } from '../../../src/model/index.ts';
import { aRootDisk, someHardware } from '../../support/samples.ts';

const [TINY] = DEFAULT_FLAVORS;

/** Nothing was attached to it or done with it since its launch. */
const NO_LIFE = {
  volumes: [],
  shares: [],
  lock: null,
  rescue: null,
  shelvedImage: undefined,
  templateId: undefined,
  generationId: undefined,
  resize: null,
} as const;

/** A whole record; `changes` replace fields of it. */
export function anInstance(changes: Partial<Instance> = {}): Instance {
  if (TINY === undefined) throw new Error('there are no default flavors');
  return {
    id: '11111111-0000-4000-8000-000000000001',
    number: 1,
    domainName: 'instance-00000001',
    name: 'calm-otter',
    hostname: 'calm-otter',
    vmState: 'building',
    taskState: null,
    fault: null,
    adoption: null,
    flavor: TINY,
    image: {
      id: '22222222-0000-4000-8000-000000000001',
      name: 'debian',
      properties: { os_distro: 'debian' },
    },
    hardware: someHardware(),
    numa: null,
    carrier: null,
    links: [],
    disks: [aRootDisk()],
    ports: [
      {
        id: '33333333-0000-4000-8000-000000000001',
        mac: 'fa:16:3e:00:00:01',
        binding: { kind: 'network', network: 'novalet', bridge: 'nvbr0' },
        deviceName: 'tap33333333-00',
        mtu: null,
        isMtuChosen: false,
        fixedIps: [{ address: '192.168.123.2', prefix: 24 }],
        addressing: [{ kind: 'dhcp', version: 4 }],
      },
    ],
    metadata: { role: 'web' },
    tags: [],
    createdAt: '2026-01-01T00:00:00.000Z',
    launchedAt: null,
    ...NO_LIFE,
    ...changes,
  };
}
