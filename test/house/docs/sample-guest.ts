// One guest and one job that tell all they can, for comparing field names.
import type { GuestReport, Job } from '../../../src/compute/index.ts';
import { VIEW } from './sample-values.ts';

const TIME = '2026-01-02T03:04:05.000Z';

export const JOB: Job = {
  id: '0a1b2c3d',
  name: undefined,
  command: 'make',
  user: undefined,
  startedAt: TIME,
  pid: 42,
  hasStdin: false,
  hasTerminal: false,
  state: 'ended',
  end: { exitCode: 0, signal: null },
  isTruncated: false,
};

const ADDRESS = { address: '192.168.150.2', prefix: 24, family: 'ipv4' } as const;
const DISK = { guest: '/dev/vda', target: 'vda', role: 'root', by: 'serial' } as const;
const ROUTE = { family: 'ipv4', destination: 'default', gateway: '192.168.150.1' } as const;

export const GUEST: GuestReport = {
  instance: VIEW.instance,
  attachedDisks: [DISK],
  attachedFilesystems: [{ ...DISK, guest: '/' }],
  facts: {
    agentVersion: '7.2.22',
    frozen: { known: false, code: 'AGENT_COMMAND_BLOCKED', why: 'the policy of the guest' },
    unusable: [{ name: 'guest-exec', by: 'policy' }],
    os: { known: true, value: { id: 'debian' } },
    hostName: { known: true, value: 'web' },
    timezone: { known: true, value: { offsetSeconds: 0 } },
    time: { known: true, value: { guestMs: 1, driftMs: 1, uncertaintyMs: 1 } },
    users: { known: true, value: [{ name: 'root', since: TIME }] },
    load: { known: true, value: { oneMinute: 0, fiveMinutes: 0, fifteenMinutes: 0 } },
    vcpus: { known: true, value: [{ id: 0, online: true }] },
    memory: { known: true, value: { blockBytes: 1, online: 1, offline: 0 } },
    disks: { known: true, value: [{ name: '/dev/vda', isPartition: false, dependencies: [] }] },
    filesystems: { known: true, value: [{ name: 'vda1', mountpoint: '/', type: 'ext4', disks: [] }] },
    interfaces: { known: true, value: [{ name: 'eth0', addresses: [ADDRESS] }] },
    routes: { known: true, value: { source: 'agent', routes: [{ ...ROUTE, interface: 'eth0', metric: 0 }] } },
  },
};
