// What has to be done to the disks, shared folders, injected files, addresses and links of an instance.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIB, isFault } from '../../../../src/base/index.ts';
import { compareManifest } from '../../../../src/compute/apply/compare.ts';
import type { PlannedStep } from '../../../../src/compute/apply/planned-step.ts';
import type { Present } from '../../../../src/compute/apply/present.ts';
import type { Manifest, WantedDisk, WantedInstance } from '../../../../src/compute/apply/requests.ts';
import type { Instance, NetworkRequest, Volume } from '../../../../src/model/index.ts';
import { aHost, enact } from './enact.ts';

function manifest(parts: Partial<Manifest>): Manifest {
  return { images: [], flavors: [], networks: [], ports: [], instances: [], ...parts };
}

function web(more: Partial<WantedInstance> = {}): WantedInstance {
  return { name: 'web', image: 'debian', ...more };
}

function stepFor(wanted: WantedInstance, present: Present): PlannedStep {
  const [step] = compareManifest(manifest({ instances: [wanted] }), present);
  assert.ok(step !== undefined);
  return step;
}

function hostWith(wanted: WantedInstance, host = aHost()): Present {
  return enact(host, [stepFor(wanted, host)]);
}

/** The same with something changed about its instance by hand. */
function touched(present: Present, change: (instance: Instance) => Partial<Instance>): Present {
  const instances = present.instances.map((one) => ({
    ...one,
    instance: { ...one.instance, ...change(one.instance) },
  }));
  return { ...present, instances };
}

function kinds({ acts }: PlannedStep): readonly string[] {
  return acts.map(({ kind }) => kind);
}

function keysOf({ differences }: PlannedStep): readonly string[] {
  return differences.map(({ key, from, to }) => `${key}: ${from} -> ${to}`);
}

/** Nothing is left to do of it. */
function assertSettled(wanted: WantedInstance, present: Present, step: PlannedStep): void {
  const again = stepFor(wanted, enact(present, [step]));
  assert.deepEqual([kinds(again), keysOf(again), again.problem], [[], [], null]);
}

const DATA = { name: 'data', source: { kind: 'new', sizeBytes: GIB } } as const;
const FILE = { name: 'data', source: { kind: 'file', path: '/srv/a' } } as const;
const COPY = { name: 'data', source: { kind: 'image', image: 'debian' } } as const;
const CD = { name: 'data', source: { kind: 'file', path: '/srv/a.iso' }, device: 'cdrom' } as const;

const DISKS: readonly (readonly [
  string,
  WantedDisk | null,
  WantedDisk | null,
  readonly string[],
  PlannedStep['cost'],
])[] = [
  ['a new one', null, DATA, ['attach-disk'], 'none'],
  ['one that goes', DATA, null, ['detach-disk'], 'none'],
  ['as it is', DATA, DATA, [], 'none'],
  ['a larger size', DATA, { ...DATA, source: { kind: 'new', sizeBytes: 2 * GIB } }, ['grow-disk'], 'none'],
  ['a smaller size', { ...DATA, source: { kind: 'new', sizeBytes: 2 * GIB } }, DATA, [], 'none'],
  ['a copy in place of an empty one', DATA, COPY, ['detach-disk', 'attach-disk'], 'replace'],
  ['a file in place of its own', DATA, FILE, ['detach-disk', 'attach-disk'], 'replace'],
  ['its own in place of a file', FILE, DATA, ['detach-disk', 'attach-disk'], 'none'],
  [
    'another file',
    FILE,
    { ...FILE, source: { kind: 'file', path: '/srv/b' } },
    ['detach-disk', 'attach-disk'],
    'none',
  ],
  ['a file read only', FILE, { ...FILE, readOnly: true }, ['detach-disk', 'attach-disk'], 'none'],
  ['the bus that it has', FILE, { ...FILE, bus: 'virtio' }, [], 'none'],
  ['another medium', CD, { ...CD, source: { kind: 'file', path: '/b.iso' } }, ['change-medium'], 'none'],
  ['no medium', CD, { ...CD, source: { kind: 'none' } }, ['change-medium'], 'none'],
  ['a disk in place of a CD', CD, FILE, ['detach-disk', 'attach-disk'], 'none'],
  ['on a cold bus', null, { ...FILE, bus: 'sata' }, ['stop', 'attach-disk', 'start'], 'restart'],
  ['off a cold bus', { ...FILE, bus: 'sata' }, null, ['stop', 'detach-disk', 'start'], 'restart'],
];

for (const [what, before, after, acts, cost] of DISKS) {
  test(`of the disks of a running instance: ${what}`, () => {
    const list = (disk: WantedDisk | null) => ({ disks: disk === null ? [] : [disk] });
    const there = hostWith(web(list(before)));
    const step = stepFor(web(list(after)), there);
    assert.deepEqual([kinds(step), step.cost, step.problem], [acts, cost, null]);
    assert.equal(step.differences.length === 0, acts.length === 0, keysOf(step).join());
    assertSettled(web(list(after)), there, step);
    const notes = acts.includes('detach-disk') ? 1 : 0;
    assert.equal(step.notes.length, notes, step.notes.join());
  });
}

test('a launch is followed by its disks, with the guest off where their bus takes none while it runs', () => {
  const cold = { name: 'cold', source: { kind: 'none' }, device: 'cdrom', bus: 'sata' } as const;
  assert.deepEqual(kinds(stepFor(web({ disks: [DATA] }), aHost())), ['launch', 'attach-disk']);
  const both = stepFor(web({ disks: [DATA, cold] }), aHost());
  assert.deepEqual(kinds(both), ['launch', 'stop', 'attach-disk', 'attach-disk', 'start']);
  assert.deepEqual(keysOf(both), [
    'image: null -> debian',
    'disks.data: null -> 1 GiB',
    'disks.cold: null -> empty, CD, sata',
  ]);
  const off = stepFor(web({ disks: [cold], state: 'stopped' }), aHost());
  assert.deepEqual(kinds(off), ['launch', 'attach-disk']);
});

test('a disk that no file named stays, and so do all where the file says nothing of disks', () => {
  const there = touched(hostWith(web({ disks: [DATA] })), ({ volumes }) => {
    const { name: _unused, ...nameless } = { ...volumes[0] } as Volume;
    return { volumes: [...volumes, { ...nameless, id: '00000000-aaaa-4000-8000-000000000000' }] };
  });
  assert.deepEqual(kinds(stepFor(web(), there)), []);
  const step = stepFor(web({ disks: [] }), there);
  assert.deepEqual(kinds(step), ['detach-disk']);
  assert.deepEqual(enact(there, [step]).instances[0]?.instance.volumes.length, 1);
});

test('a disk of its own changes neither its bus nor whether it may be written', () => {
  const there = hostWith(web({ disks: [DATA] }));
  for (const other of [
    { ...DATA, readOnly: true },
    { ...DATA, bus: 'scsi' as const },
  ])
    assert.match(stepFor(web({ disks: [other] }), there).problem ?? '', /disk data can change neither/);
});

test('a copy of an image that is made anew is made anew too, and one of an image that is nowhere is refused', () => {
  const image = { name: 'os', from: { kind: 'source', source: '/os' }, sha256: 'a'.repeat(64) } as const;
  const disk = { name: 'data', source: { kind: 'image', image: 'os' } } as const;
  const file = manifest({ images: [image], instances: [web({ disks: [disk] })] });
  const there = enact(aHost(), compareManifest(file, aHost()));
  assert.deepEqual(compareManifest(file, there).map(kinds), [[], []]);
  const newer = { ...file, images: [{ ...image, sha256: 'b'.repeat(64) }] };
  const [, step] = compareManifest(newer, there);
  assert.deepEqual(step && [kinds(step), step.cost], [['detach-disk', 'attach-disk'], 'replace']);
  const lost = stepFor(web({ disks: [disk] }), aHost());
  assert.match(lost.problem ?? '', /no image "os" for disk data/);
});

test('a link to the file that a disk has, or to the folder that is shared, is no difference', () => {
  const realPaths = new Map([
    ['/srv/link', '/srv/a'],
    ['/srv/folder', '/srv/real'],
  ]);
  const wanted = web({
    disks: [{ name: 'data', source: { kind: 'file', path: '/srv/link' } }],
    shares: [{ tag: 'data', path: '/srv/real' }],
  });
  const there = { ...hostWith(wanted, { ...aHost(), realPaths }), realPaths };
  const same = web({
    disks: [FILE],
    shares: [{ tag: 'data', path: '/srv/folder' }],
  });
  assert.deepEqual(keysOf(stepFor(wanted, there)), []);
  assert.deepEqual(keysOf(stepFor(same, there)), []);
});

test('what leads nowhere is told before anything is done, unless it is there already', () => {
  const wishes = [
    web({ disks: [FILE] }),
    web({ disks: [{ name: 'data', source: { kind: 'block', path: '/srv/a' } }] }),
    web({ disks: [CD, { ...FILE, name: 'other' }] }),
    web({ shares: [{ tag: 'data', path: '/srv/a' }] }),
  ];
  const missing = (there: Present) => ({ ...there, missingPaths: new Set(['/srv/a']) });
  for (const wanted of wishes) {
    for (const host of [aHost(), hostWith(web()), hostWith(web({ disks: [DATA] }))])
      assert.equal(stepFor(wanted, missing(host)).problem, 'there is no /srv/a');
    assert.equal(stepFor(wanted, missing(hostWith(wanted))).problem, null);
  }
});

test('a new instance has no disk that was kept, nor has one that is launched anew', () => {
  const kept = { disks: [{ name: 'data', source: { kind: 'kept', id: 'abcd' } }] } as const;
  assert.match(stepFor(web(kept), aHost()).problem ?? '', /one that an instance kept/);
  const there = hostWith(web());
  assert.deepEqual(kinds(stepFor(web(kept), there)), ['attach-disk']);
  const anew = web({ ...kept, guest: { hostname: 'www' } });
  assert.match(stepFor(anew, there).problem ?? '', /one that an instance kept/);
});

test('shared folders come and go with the guest off; those that nobody wrote into a file stay', () => {
  const data = { tag: 'data', path: '/srv/data' };
  const there = hostWith(web({ shares: [data] }));
  assert.equal(there.instances[0]?.instance.shares[0]?.isApplied, true);
  const more = web({ shares: [data, { tag: 'logs', path: '/var/log', readOnly: true }] });
  const step = stepFor(more, there);
  assert.deepEqual([kinds(step), step.cost], [['stop', 'add-share', 'start'], 'restart']);
  assertSettled(more, there, step);
  const moved = web({ shares: [{ ...data, path: '/srv/other' }] });
  assert.deepEqual(kinds(stepFor(moved, there)), ['stop', 'remove-share', 'add-share', 'start']);
  const byHand = touched(there, ({ shares }) => ({
    shares: [...shares, { tag: 'mine', path: '/srv/mine', driver: 'virtiofs', readOnly: false }],
  }));
  const none = stepFor(web({ shares: [] }), byHand);
  assert.deepEqual(kinds(none), ['stop', 'remove-share', 'start']);
  assert.deepEqual(
    enact(byHand, [none]).instances[0]?.instance.shares.map(({ tag }) => tag),
    ['mine'],
  );
  assert.deepEqual(kinds(stepFor(web(), byHand)), []);
});

test('other injected files rebuild it, and their contents are shown to nobody', () => {
  const there = hostWith(web({ files: [{ path: '/a', content: Buffer.from('hunter2') }] }));
  const other = web({ files: [{ path: '/a', content: Buffer.from('hunter3') }] });
  const step = stepFor(other, there);
  assert.deepEqual([kinds(step), step.cost], [['rebuild'], 'replace']);
  assert.deepEqual(keysOf(step), ['inject_files: /a -> /a']);
  assertSettled(other, there, step);
  assert.deepEqual(kinds(stepFor(web(), there)), []);
  assert.deepEqual(kinds(stepFor(web({ files: [] }), there)), ['rebuild']);
});

test('what a card is told besides its address is compared as far as the file says it', () => {
  const card = (more: object): readonly NetworkRequest[] => [
    { network: 'lab', addressing: [{ kind: 'static', address: '192.0.2.9', prefix: 24, ...more }] },
  ];
  const routes = [{ destination: '10.0.0.0/8', gateway: '192.0.2.1' }];
  const there = hostWith(web({ networks: card({ gateway: '192.0.2.1', routes, dns: ['192.0.2.2'] }) }));
  const same = [{}, { gateway: '192.0.2.1' }, { routes }, { dns: ['192.0.2.2'] }];
  for (const more of same) assert.deepEqual(kinds(stepFor(web({ networks: card(more) }), there)), []);
  const others = [{ gateway: '192.0.2.3' }, { gateway: null }, { routes: [] }, { dns: [] }, { prefix: 25 }];
  for (const more of others) {
    const step = stepFor(web({ networks: card(more) }), there);
    assert.deepEqual(kinds(step), ['detach-card', 'attach-card'], JSON.stringify(more));
    assertSettled(web({ networks: card(more) }), there, step);
  }
});

test('other links are another instance, and the same ones over cards in another order are none', () => {
  const vlan = { kind: 'vlan', vlanId: 7, over: 1 } as const;
  const networks = [{ network: 'lab' }, { network: 'lab', mac: 'fa:16:3e:00:00:77' }];
  const there = hostWith(web({ networks, links: [vlan] }));
  assert.deepEqual(keysOf(stepFor(web({ networks, links: [vlan] }), there)), []);
  const turned = web({ networks: [...networks].reverse(), links: [{ ...vlan, over: 0 }] });
  assert.deepEqual(keysOf(stepFor(turned, there)), []);
  const cases: readonly (readonly [WantedInstance, readonly string[]])[] = [
    [web({ links: [] }), ['vlans: vlan 7 on 1 -> null']],
    [
      web({ networks, links: [{ ...vlan, mtu: 1400 }] }),
      ['vlans: vlan 7 on 1 -> null', 'vlans: null -> vlan 7 on 1'],
    ],
    [
      web({ networks, links: [vlan, { kind: 'bond', name: 'bond0', members: [0], mode: 'active-backup' }] }),
      ['bonds: null -> bond0 of 0'],
    ],
    [
      web({ networks: [...networks].reverse(), links: [vlan] }),
      ['vlans: vlan 7 on 1 -> null', 'vlans: null -> vlan 7 on 1'],
    ],
  ];
  for (const [wanted, expected] of cases) {
    const step = stepFor(wanted, there);
    assert.deepEqual([kinds(step), step.cost], [['check-launch', 'delete', 'launch'], 'replace']);
    assert.deepEqual(keysOf(step), expected);
  }
  assert.deepEqual(kinds(stepFor(web(), there)), []);
});

test('a card under a link does not go unless the file says what becomes of the link', () => {
  const there = hostWith(
    web({ networks: [{ network: 'lab' }], links: [{ kind: 'vlan', vlanId: 7, over: 0 }] }),
  );
  const step = stepFor(web({ networks: [{ network: 'other' }] }), there);
  assert.match(step.problem ?? '', /vlan7 on a card that is to go/);
});

test('sizes, folders, links and files that cannot be are refused before anything is done', () => {
  const cases: readonly (readonly [string, Partial<WantedInstance>])[] = [
    ['DISK_SIZE_INVALID', { disks: [{ name: 'a', source: { kind: 'new', sizeBytes: 2 ** 52 } }] }],
    ['SHARE_INVALID', { shares: [{ tag: 'a b', path: '/x' }] }],
    ['SHARE_TAG_TAKEN', { shares: [1, 2].map((at) => ({ tag: 'a', path: `/${at}` })) }],
    ['GUEST_LINK_INVALID', { links: [{ kind: 'vlan', vlanId: 7, over: 3 }] }],
    ['INJECTED_FILE_INVALID', { files: [{ path: 'etc', content: Buffer.alloc(0) }] }],
  ];
  for (const [code, parts] of cases) {
    assert.throws(
      () => stepFor(web(parts), aHost()),
      (error: unknown) => isFault(error, code) || assert.fail(`${code}: ${String(error)}`),
    );
  }
});
