// Replies of a real agent, as they were recorded (qemu-ga 7.2.22), and the same with one value that no honest agent
// sends. Those marked `by schema` were written after QEMU's schema: nobody was logged in, it was no Windows, no newer agent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import {
  AGENT_COMMANDS,
  Agent,
  type AgentArguments,
  type AgentCaller,
  gatherFacts,
  readCpuTimes,
  readDevices,
  readDiskStatistics,
  readDisks,
  readFilesystems,
  readLoad,
  readMemoryBlockSize,
  readMemoryBlocks,
  readRoutes,
  readTime,
  readTimezone,
  readUsers,
  readVcpus,
  socketOpener,
} from '../../../src/guest/index.ts';
import { FakeAgent } from '../../fakes/agent.ts';

const peer = 'the agent of t';

async function withFake(work: (agent: Agent, fake: FakeAgent) => Promise<void>): Promise<void> {
  await using fake = await FakeAgent.listen();
  for (const name of Object.keys(AGENT_COMMANDS)) fake.commands.add(name);
  await using agent = new Agent({ peer, open: socketOpener(fake.path, { peer }), requestTimeoutMs: 20_000 });
  await work(agent, fake);
}

const ADDRESS =
  '{"bus-type":"virtio","bus":0,"unit":0,"pci-controller":{"bus":3,"slot":0,"domain":0,"function":0},"dev":"/dev/vda","target":0}';

interface Recorded {
  readonly command: string;
  readonly reply: string;
  readonly read: (agent: AgentCaller) => Promise<unknown>;
  readonly value: unknown;
  /** Replies that are refused, with the place that the fault names. */
  readonly hostile: readonly (readonly [string, RegExp])[];
}

const RECORDED: readonly Recorded[] = [
  {
    command: 'guest-get-timezone',
    reply: '{"zone":"UTC","offset":0}',
    read: readTimezone,
    value: { zone: 'UTC', offsetSeconds: 0 },
    hostile: [
      ['{"zone":"UTC","offset":1e9}', /guest-get-timezone\.offset is not between/],
      ['{"zone":7,"offset":0}', /guest-get-timezone\.zone is not a string/],
      ['[]', /guest-get-timezone\.zone|is not an object/],
    ],
  },
  {
    command: 'guest-get-users',
    reply: '[{"login-time":1795262133.505324,"user":"root"}]', // by schema
    read: readUsers,
    value: [{ name: 'root', since: '2026-11-21T11:55:33.505Z' }],
    hostile: [
      ['[{"login-time":1e300,"user":"root"}]', /guest-get-users\[0\]\.login-time is no time/],
      [`[{"login-time":0,"user":"${'x'.repeat(501)}"}]`, /guest-get-users\[0\]\.user is longer than 500/],
    ],
  },
  {
    command: 'guest-get-load',
    reply: '{"load1m":0.25,"load5m":1,"load15m":0}', // by schema
    read: readLoad,
    value: { oneMinute: 0.25, fiveMinutes: 1, fifteenMinutes: 0 },
    hostile: [
      ['{"load1m":-1,"load5m":1,"load15m":0}', /load1m is no load/],
      ['{"load1m":1,"load5m":1e99,"load15m":0}', /load5m is no load/],
    ],
  },
  {
    command: 'guest-get-vcpus',
    reply:
      '[{"online":true,"can-offline":true,"logical-id":1},{"online":true,"can-offline":false,"logical-id":0}]',
    read: readVcpus,
    value: [
      { id: 0, online: true, canOffline: false },
      { id: 1, online: true, canOffline: true },
    ],
    hostile: [
      ['[{"online":1,"logical-id":1}]', /\[0\]\.online is not a boolean/],
      ['[{"online":true,"logical-id":-1}]', /logical-id is not between/],
      [`[${'1,'.repeat(20_000)}1]`, /has more than 16384/],
    ],
  },
  {
    command: 'guest-get-memory-blocks',
    reply:
      '[{"online":true,"can-offline":true,"phys-index":3},{"online":false,"can-offline":true,"phys-index":1}]',
    read: readMemoryBlocks,
    value: [
      { index: 1, online: false, canOffline: true },
      { index: 3, online: true, canOffline: true },
    ],
    hostile: [['[{"online":true,"phys-index":1.5}]', /phys-index is not an integer/]],
  },
  {
    command: 'guest-get-memory-block-info',
    reply: '{"size":134217728}',
    read: readMemoryBlockSize,
    value: 134_217_728,
    hostile: [['{"size":0}', /size is not between/]],
  },
  {
    command: 'guest-get-disks',
    reply: `[{"name":"/dev/vda","dependencies":[],"partition":false,"address":${ADDRESS}}]`,
    read: readDisks,
    value: [
      {
        name: '/dev/vda',
        isPartition: false,
        dependencies: [],
        address: {
          busType: 'virtio',
          bus: 0,
          target: 0,
          unit: 0,
          pci: { domain: 0, bus: 3, slot: 0, function: 0 },
          device: '/dev/vda',
        },
      },
    ],
    hostile: [
      ['[{"name":"a","partition":"no","dependencies":[]}]', /partition is not a boolean/],
      ['[{"name":"a","partition":true,"dependencies":[1]}]', /dependencies\[0\] is not a string/],
      ['[{"name":"a","partition":true,"address":{"bus-type":"virtio"}}]', /pci-controller/],
    ],
  },
  {
    command: 'guest-get-fsinfo',
    reply: `[{"name":"vda","total-bytes":108944293888,"mountpoint":"/","disk":[${ADDRESS}],"used-bytes":25807192064,"type":"ext4"}]`,
    read: async (agent) => (await readFilesystems(agent)).map(({ disks: _, ...others }) => others),
    value: [
      { name: 'vda', mountpoint: '/', type: 'ext4', usedBytes: 25_807_192_064, totalBytes: 108_944_293_888 },
    ],
    hostile: [
      [
        '[{"name":"vda","mountpoint":"/","disk":[],"used-bytes":-1,"type":"ext4"}]',
        /used-bytes is not a count/,
      ],
      [`[{"name":"vda","mountpoint":"${'/'.repeat(5000)}","disk":[],"type":"ext4"}]`, /mountpoint is longer/],
    ],
  },
  {
    command: 'guest-get-diskstats',
    reply:
      '[{"name":"vda","stats":{"write-ios":0,"read-ios":6,"read-sectors":496,"total-ticks":4},"minor":0,"major":254}]',
    read: readDiskStatistics,
    value: [{ name: 'vda', writeIos: 0, readIos: 6, readSectors: 496, totalTicks: 4 }],
    hostile: [['[{"name":"vda","stats":{"read-ios":"6"}}]', /stats\.read-ios is not an integer/]],
  },
  {
    command: 'guest-get-cpustats',
    reply:
      '[{"cpu":0,"guestnice":0,"idle":19760,"steal":0,"iowait":0,"system":2140,"guest":0,"nice":0,"irq":0,"type":"linux","user":190,"softirq":0}]',
    read: async (agent) => (await readCpuTimes(agent)).map(({ cpu, idle, user }) => ({ cpu, idle, user })),
    value: [{ cpu: 0, idle: 19_760, user: 190 }],
    hostile: [['[{"cpu":0,"idle":1e40,"user":0,"nice":0,"system":0}]', /idle is not a count/]],
  },
  {
    command: 'guest-get-devices', // by schema
    reply:
      '[{"driver-name":"Red Hat VirtIO Ethernet Adapter","driver-date":1607385600000000000,"driver-version":"100.85.104.19900","id":{"type":"pci","device-id":4096,"vendor-id":6900}}]',
    read: readDevices,
    value: [
      {
        driverName: 'Red Hat VirtIO Ethernet Adapter',
        driverVersion: '100.85.104.19900',
        driverDate: '2020-12-08T00:00:00.000Z',
        vendorId: 6900,
        deviceId: 4096,
      },
    ],
    hostile: [['[{"driver-name":"x","id":{"vendor-id":70000,"device-id":1}}]', /vendor-id is not between/]],
  },
  {
    command: 'guest-network-get-route', // by schema
    reply:
      '[{"iface":"eth0","destination":"0.0.0.0","metric":100,"gateway":"192.0.2.1","mask":"0.0.0.0","irtt":0,"flags":3,"refcnt":0,"use":0,"window":0,"mtu":0,"version":4},{"iface":"eth0","destination":"fd00::","metric":256,"desprefixlen":"64","nexthop":"::","version":6}]',
    read: async (agent) => (await readRoutes(agent)).routes,
    value: [
      { family: 'ipv4', destination: '0.0.0.0/0', gateway: '192.0.2.1', interface: 'eth0', metric: 100 },
      { family: 'ipv6', destination: 'fd00::/64', interface: 'eth0', metric: 256 },
    ],
    hostile: [
      [
        '[{"iface":"e","destination":"1.2.3.4","metric":0,"mask":"255.0.255.0","version":4}]',
        /mask is not a netmask/,
      ],
      ['[{"iface":"e","destination":"::","metric":0,"version":4}]', /destination is not an IPv4/],
      ['[{"iface":"e","destination":"::","metric":0,"version":5}]', /version is neither/],
      [
        '[{"iface":"e","destination":"::","desprefixlen":"129","metric":0,"version":6}]',
        /desprefixlen is no number/,
      ],
    ],
  },
];

for (const { command, reply, read, value, hostile } of RECORDED) {
  test(`${command} is read as it was recorded, and refused with its place when it lies`, async () => {
    await withFake(async (agent, fake) => {
      fake.handlers.set(command, (_, answer) => answer.give(JSON.parse(reply)));
      assert.deepEqual(await read(agent), value);
      for (const [lie, place] of [...hostile, ['null', /is not/] as const]) {
        fake.handlers.set(command, (_, answer) => answer.give(JSON.parse(lie)));
        await assert.rejects(
          read(agent),
          (error) => isFault(error, 'AGENT_REPLY_INVALID') && place.test(error.message),
          lie,
        );
      }
    });
  });
}

test('a time beyond what a number holds exactly is read to the millisecond, with the drift', async () => {
  await withFake(async (agent, fake) => {
    fake.handlers.set('guest-get-time', ({ id }, answer) => {
      const ns = `${Date.now() - 5000}505324`;
      answer.raw(`{"return": ${ns}, "id": ${JSON.stringify(id)}}\n`);
    });
    const { driftMs, uncertaintyMs } = await readTime(agent);
    assert.ok(Math.abs(driftMs + 5000) <= uncertaintyMs + 3, `${driftMs} ± ${uncertaintyMs}`);
    for (const lie of [1e30, -1e30, 1.5, '7', null]) {
      fake.handlers.set('guest-get-time', (_, answer) => answer.give(lie));
      await assert.rejects(readTime(agent), (error) => isFault(error, 'AGENT_REPLY_INVALID'));
    }
  });
});

test('an agent that lies in every reply gives facts whose every part says so', async () => {
  await withFake(async (agent, fake) => {
    for (const name of Object.keys(AGENT_COMMANDS)) {
      if (!['guest-info', 'guest-ping', 'guest-sync-delimited'].includes(name))
        fake.handlers.set(name, (_, answer) => answer.give({ '\u001b[2J': [[[[]]]] }));
    }
    const { agentVersion, unusable, os, ...parts } = await gatherFacts(agent);
    assert.equal(agentVersion, '7.2.22');
    assert.deepEqual(os, { known: true, value: {} });
    assert.deepEqual(unusable, []);
    for (const [name, part] of Object.entries(parts)) {
      assert.equal(part.known || part.code, 'AGENT_REPLY_INVALID', name);
    }
  });
});

test('an agent that answers nothing but guest-info ends the whole in bounded time', async () => {
  await withFake(async (agent, fake) => {
    for (const name of Object.keys(AGENT_COMMANDS)) {
      if (!['guest-info', 'guest-ping', 'guest-sync-delimited'].includes(name))
        fake.handlers.set(name, () => {});
    }
    const began = performance.now();
    await assert.rejects(gatherFacts(agent, { timeoutMs: 700 }), (error) =>
      isFault(error, 'GUEST_FACTS_TIMEOUT'),
    );
    assert.ok(performance.now() - began < 20_000); // one request may take as long
  });
});

test("the table's arguments are types: what must be given and what may be", () => {
  const open: AgentArguments<'guest-file-open'> = { path: '/etc/hosts' };
  const seek: AgentArguments<'guest-file-seek'> = { handle: 1, offset: 0, whence: 'end' };
  // @ts-expect-error: path must be given
  const wrong: AgentArguments<'guest-file-open'> = { mode: 'r' };
  assert.deepEqual([Object.keys(open), seek.whence, 'path' in wrong], [['path'], 'end', false]);
});
