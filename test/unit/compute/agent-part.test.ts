import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, isFault } from '../../../src/base/index.ts';
import {
  type AgentFacts,
  type AgentWishes,
  agentConfig,
  agentWishes,
  carriesVendorData,
  disksWithAgent,
  looksForHostAgent,
  wantsAgentDrive,
} from '../../../src/compute/agent-part.ts';
import type { LaunchRequest } from '../../../src/compute/index.ts';
import type { AgentWay, Carrier, Disk } from '../../../src/model/index.ts';

const FACTS: AgentFacts = { arch: 'x86_64', hostAgentArch: 'x86_64', hasCarrier: true, hasNetwork: true };
const DRIVE: Disk = {
  role: 'agent',
  fileName: 'disk.agent',
  format: 'raw',
  device: 'cdrom',
  bus: 'sata',
  target: 'sdb',
  sizeBytes: 0,
};

function wishes(
  agent?: LaunchRequest['agent'],
  properties: Readonly<Record<string, string>> = {},
  agentWay: AgentWay = 'auto',
): AgentWishes {
  return agentWishes(agent === undefined ? {} : { agent }, { name: 'web', properties }, { agentWay });
}

/** Where the agent of a guest comes from, with a drive where one is wanted. */
function from(wish: AgentWishes, facts: Partial<AgentFacts> = {}): string | null {
  const all = { ...FACTS, ...facts };
  const disks = wantsAgentDrive(wish, all) ? [DRIVE] : [];
  const config = agentConfig(wish, { disks, ports: all.hasNetwork ? ['a port'] : [] });
  return config === null ? null : `${config.from}${disks.length === 0 ? '' : ' with a drive'}`;
}

test('an image of which nothing is known gets a package where there is a network, and a drive for what fails', () => {
  assert.equal(from(wishes()), 'packages-then-drive with a drive');
  assert.equal(from(wishes(), { hasNetwork: false }), 'drive with a drive');
});

test('a host without an agent, or with one of another machine, makes no drive', () => {
  assert.equal(from(wishes(), { hostAgentArch: null }), 'packages');
  assert.equal(from(wishes(), { hostAgentArch: 'aarch64' }), 'packages');
  assert.equal(from(wishes(), { hostAgentArch: null, hasNetwork: false }), 'none');
});

test('a guest to which nothing carries the scripts gets no drive that nobody asked for', () => {
  assert.equal(from(wishes(), { hasCarrier: false, hasNetwork: false }), 'none');
  assert.equal(from(wishes('drive'), { hasCarrier: false }), 'drive with a drive');
});

test('of the services, EC2’s carries no vendor data', () => {
  const carrier = (service: Carrier['service']) => ({
    service,
    seedFrom: null,
    cloudConfigUrl: null,
    networkConfig: null,
  });
  assert.deepEqual(
    [null, carrier(null), carrier('ec2'), carrier('openstack'), carrier('nocloud-net')].map(
      carriesVendorData,
    ),
    [false, false, false, true, true],
  );
});

test('an image that says that it has an agent gets nothing but what starts it', () => {
  for (const properties of [{ novalet_agent: 'installed' }, { hw_qemu_guest_agent: 'yes' }] as const) {
    assert.equal(from(wishes(undefined, properties)), 'none');
    assert.equal(looksForHostAgent(wishes(undefined, properties)), false);
    assert.equal(from(wishes('drive', properties)), 'drive with a drive');
  }
  const lacking = { hw_qemu_guest_agent: 'yes', novalet_agent: 'auto' };
  assert.equal(from(wishes(undefined, lacking)), 'packages-then-drive with a drive');
});

test('the launch wins over the image', () => {
  assert.equal(from(wishes('packages', { novalet_agent: 'drive' })), 'packages');
  assert.equal(from(wishes(undefined, { novalet_agent: 'drive' })), 'drive with a drive');
  assert.equal(from(wishes('auto', { novalet_agent: 'none' }), { hasNetwork: false }), 'drive with a drive');
});

test('the configuration says what neither launch nor image says', () => {
  assert.equal(from(wishes(undefined, {}, 'none')), null);
  assert.equal(from(wishes(undefined, {}, 'drive')), 'drive with a drive');
  assert.equal(from(wishes(undefined, { novalet_agent: 'packages' }, 'none')), 'packages');
  assert.equal(from(wishes('auto', {}, 'none'), { hasNetwork: false }), 'drive with a drive');
  assert.equal(from(wishes(undefined, { novalet_agent: 'installed' }, 'drive')), 'none');
});

test('a way that only the image or the configuration names fails no launch that cannot go it', () => {
  assert.equal(from(wishes(undefined, { novalet_agent: 'packages' }), { hasNetwork: false }), 'none');
  assert.equal(from(wishes(undefined, {}, 'drive'), { hostAgentArch: null }), 'none');
  assert.equal(from(wishes(undefined, { novalet_agent: 'drive' }), { arch: 'aarch64' }), 'none');
});

test('--no-agent leaves the guest as it is, and so does an image that says so', () => {
  assert.equal(from(wishes('none')), null);
  assert.equal(from(wishes(undefined, { novalet_agent: 'none' })), null);
});

test('Windows, and a guest without a port for an agent, are left as they are, and refused where one was asked for', () => {
  for (const properties of [{ os_type: 'windows' }, { hw_qemu_guest_agent: 'no' }] as const) {
    assert.equal(from(wishes(undefined, properties)), null);
    assert.equal(from(wishes('auto', properties)), null);
    assert.throws(
      () => wishes('drive', properties),
      (error) => isFault(error, 'AGENT_UNSUPPORTED'),
    );
    assert.throws(
      () => wishes('packages', properties),
      (error) => isFault(error, 'AGENT_UNSUPPORTED'),
    );
  }
});

test('a drive of another machine, and a package without a network, are refused', () => {
  assert.throws(
    () => from(wishes('drive'), { arch: 'aarch64' }),
    (error) => isFault(error, 'AGENT_UNSUPPORTED') && error.message.includes('aarch64'),
  );
  assert.throws(
    () => from(wishes('packages'), { hasNetwork: false }),
    (error) => isFault(error, 'AGENT_NEEDS_NETWORK'),
  );
  assert.throws(
    () => from(wishes('packages'), { hasCarrier: false }),
    (error) => isFault(error, 'AGENT_UNSUPPORTED'),
  );
});

test('an image that says anything else is refused', () => {
  assert.throws(
    () => wishes(undefined, { novalet_agent: 'yes' }),
    (error) => isFault(error, 'IMAGE_PROPERTY_INVALID') && error.message.includes('novalet_agent'),
  );
});

test('where IDE has no place left, only who asked for a drive hears of it', () => {
  const layout = (agentDrive: boolean): readonly Disk[] => {
    if (agentDrive) throw new Fault('invalid', 'DISK_BUS_FULL', 'full');
    return [];
  };
  assert.deepEqual(disksWithAgent(wishes(), layout), []);
  assert.throws(
    () => disksWithAgent(wishes('drive'), layout),
    (error) => isFault(error, 'DISK_BUS_FULL'),
  );
});
