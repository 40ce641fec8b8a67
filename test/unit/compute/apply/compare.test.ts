// What has to be done to a host so that it is as a file says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { compareManifest, compareRemoval } from '../../../../src/compute/apply/compare.ts';
import type { PlannedStep } from '../../../../src/compute/apply/planned-step.ts';
import type { Present, PresentInstance } from '../../../../src/compute/apply/present.ts';
import type { Manifest, WantedInstance } from '../../../../src/compute/apply/requests.ts';
import type { Instance, VmState } from '../../../../src/model/index.ts';
import { aFlavor } from '../../../support/samples.ts';
import { aHost, enact } from './enact.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBKk3YmR1o7jIxXGr3DWCcLWFeC3XSD3QS94FqkQCQq6';
const SMALL = aFlavor({ name: 'small', rootGiB: 2 });
const LARGE = aFlavor({ name: 'large', vcpus: 2, rootGiB: 3 });

function manifest(parts: Partial<Manifest>): Manifest {
  return { images: [], flavors: [], networks: [], ports: [], instances: [], ...parts };
}

function web(more: Partial<WantedInstance> = {}): WantedInstance {
  return { name: 'web', image: 'debian', flavor: 'small', ...more };
}

/** A host on which that instance was launched, and then `changes` were made to it. */
function hostWith(wanted: WantedInstance, changes: Partial<Instance> = {}): Present {
  const host = aHost([SMALL, LARGE]);
  const there = enact(host, compareManifest(manifest({ instances: [wanted] }), host));
  const changed = (one: PresentInstance): PresentInstance => {
    const instance = { ...one.instance, ...changes };
    return { ...one, instance, isOn: instance.vmState === 'active' || instance.vmState === 'paused' };
  };
  return { ...there, instances: there.instances.map(changed) };
}

function stepFor(wanted: WantedInstance, present: Present): PlannedStep {
  const [step] = compareManifest(manifest({ instances: [wanted] }), present);
  assert.ok(step !== undefined);
  return step;
}

function kinds({ acts }: PlannedStep): readonly string[] {
  return acts.map(({ kind }) => kind);
}

function keysOf({ differences }: PlannedStep): readonly string[] {
  return differences.map(({ key, from, to }) => `${key}: ${from} -> ${to}`);
}

/** What of a wish is different, and what becomes of it: wish, the acts, what they cost. */
const CHANGES: readonly (readonly [
  string,
  Partial<WantedInstance>,
  readonly string[],
  PlannedStep['cost'],
])[] = [
  ['nothing', {}, [], 'none'],
  ['metadata', { metadata: { role: 'db' } }, ['change-record'], 'none'],
  ['metadata taken off', { metadata: {} }, ['change-record'], 'none'],
  ['tags', { tags: ['blue', 'red'] }, ['change-record'], 'none'],
  ['a card more', { networks: [{}, { network: 'lab' }] }, ['attach-card'], 'none'],
  ['no card', { networks: [{ network: 'none' }] }, ['detach-card'], 'none'],
  ['another MAC', { networks: [{ mac: 'FA:16:3E:AA:BB:CC' }] }, ['detach-card', 'attach-card'], 'none'],
  ['off', { state: 'stopped' }, ['stop'], 'none'],
  ['on, as it is', { state: 'active' }, [], 'none'],
  ['a flavor', { flavor: 'large' }, ['resize', 'confirm-resize'], 'restart'],
  ['a flavor, and off', { flavor: 'large', state: 'stopped' }, ['stop', 'resize', 'confirm-resize'], 'none'],
  ['maxima', { maxVcpus: 4 }, ['stop', 'change-size', 'start'], 'restart'],
  [
    'a flavor and maxima',
    { flavor: 'large', maxMemoryMiB: 4096 },
    ['stop', 'resize', 'confirm-resize', 'change-size', 'start'],
    'restart',
  ],
  ['keys', { sshKeys: [{ name: 'a', publicKey: `${KEY} a` }] }, ['rebuild'], 'replace'],
  ['user data', { userData: Buffer.from('#!/bin/sh\n') }, ['rebuild'], 'replace'],
  ['wishes', { guest: { packages: ['nginx'] } }, ['rebuild'], 'replace'],
  ['keys and user data', { sshKeys: [], userData: Buffer.from('#!/bin/sh\n') }, ['rebuild'], 'replace'],
  ['a host name', { guest: { hostname: 'www' } }, ['check-launch', 'delete', 'launch'], 'replace'],
  [
    'metadata, a flavor, user data and a card',
    { metadata: {}, flavor: 'large', userData: Buffer.from('#!/bin/sh\n'), networks: [] },
    ['change-record', 'resize', 'confirm-resize', 'rebuild', 'detach-card'],
    'replace',
  ],
];

for (const [what, wish, acts, cost] of CHANGES) {
  test(`of a running instance: ${what}`, () => {
    const there = hostWith(web({ metadata: { role: 'web' }, tags: ['blue'] }));
    const step = stepFor(web(wish), there);
    assert.deepEqual([kinds(step), step.cost, step.problem], [acts, cost, null]);
    assert.equal(step.action, acts.length === 0 ? 'none' : cost === 'replace' ? 'replace' : 'change');
    assert.equal(step.differences.length === 0, acts.length === 0, keysOf(step).join());
    const again = stepFor(web(wish), enact(there, [step]));
    assert.deepEqual([kinds(again), keysOf(again)], [[], []]);
  });
}

test('a smaller disk is a new instance, and a resize of one that is off restarts nobody', () => {
  const shrunk = stepFor(web(), hostWith(web({ flavor: 'large' })));
  assert.deepEqual([kinds(shrunk), shrunk.cost], [['check-launch', 'delete', 'launch'], 'replace']);
  const off = stepFor(web({ flavor: 'large' }), hostWith(web({ state: 'stopped' })));
  assert.deepEqual([kinds(off), off.cost], [['resize', 'confirm-resize'], 'none']);
});

test('a new instance in place of another is left off where that was off and nothing else is said', () => {
  const [, , launch] = stepFor(web({ guest: { hostname: 'www' } }), hostWith(web({ state: 'stopped' }))).acts;
  assert.equal(launch?.kind === 'launch' ? launch.wanted.state : undefined, 'stopped');
});

test('what is put aside is woken where a state is wished for, and in the way of what needs it awake elsewhere', () => {
  const wakers = {
    paused: 'unpause',
    suspended: 'resume',
    shelved: 'unshelve',
    shelved_offloaded: 'unshelve',
  };
  for (const [vmState, waker] of Object.entries(wakers)) {
    const there = hostWith(web(), { vmState: vmState as VmState });
    assert.deepEqual(kinds(stepFor(web({ state: 'active' }), there)), [waker], vmState);
    assert.deepEqual(kinds(stepFor(web({ state: 'stopped' }), there)), [waker, 'stop'], vmState);
    assert.deepEqual(kinds(stepFor(web(), there)), [], vmState);
    assert.deepEqual(kinds(stepFor(web({ tags: ['a'] }), there)), ['change-record'], vmState);
    const asked = stepFor(web({ flavor: 'large' }), there);
    assert.match(asked.problem ?? '', /does not say state/, vmState);
    assert.deepEqual(kinds(asked), []);
  }
});

test('an instance in error, in rescue, locked, adopted or being built is in the way, and told so', () => {
  const wanted = web({ metadata: { a: 'b' } });
  const cases: readonly (readonly [Partial<Instance>, RegExp])[] = [
    [{ vmState: 'error' }, /reboot --hard web/],
    [{ vmState: 'rescued' }, /unrescue web/],
    [{ vmState: 'building' }, /being built/],
    [{ lock: { reason: null, at: '2026-01-01T00:00:00.000Z' } }, /unlock web/],
    [
      {
        adoption: {
          at: '2026-01-01T00:00:00.000Z',
          disks: [],
          channels: [],
        } as unknown as Instance['adoption'],
      },
      /adopted/,
    ],
  ];
  for (const [changes, expected] of cases) {
    const step = stepFor(wanted, hostWith(web(), changes));
    assert.match(step.problem ?? '', expected);
    assert.deepEqual(kinds(step), []);
  }
});

test('a lock is in nobody’s way where nothing is to be done', () => {
  const locked = hostWith(web(), { lock: { reason: null, at: '2026-01-01T00:00:00.000Z' } });
  assert.equal(stepFor(web(), locked).problem, null);
});

test('a resize that nobody confirmed is confirmed where it is the one that is wanted, and left alone elsewhere', () => {
  const resized = hostWith(web({ flavor: 'large' }), { vmState: 'resized' });
  const ended = stepFor(web({ flavor: 'large', tags: ['a'] }), {
    ...resized,
    instances: resized.instances.map((one) => ({ ...one, isOn: true })),
  });
  assert.deepEqual([kinds(ended), ended.cost], [['confirm-resize', 'change-record'], 'none']);
  assert.match(stepFor(web({ flavor: 'small' }), resized).problem ?? '', /confirmed or reverted/);
  assert.equal(stepFor({ name: 'web', image: 'debian' }, resized).problem, null);
});

test('an image or a flavor that is nowhere is told before anything is done', () => {
  assert.match(stepFor(web({ image: 'nope' }), aHost([SMALL])).problem ?? '', /no image "nope"/);
  assert.match(stepFor(web(), aHost()).problem ?? '', /no flavor "small"/);
});

test('a name, a size, a key or a tag that cannot be is refused before anything is done', () => {
  const cases: readonly (readonly [string, Partial<Manifest>])[] = [
    ['INSTANCE_NAME_INVALID', { instances: [web({ name: 'my vm' })] }],
    ['FLAVOR_INVALID', { flavors: [{ ...SMALL, vcpus: 0 }] }],
    ['NETWORK_NAME_INVALID', { networks: [{ name: 'none' }] }],
    ['SSH_KEY_INVALID', { instances: [web({ sshKeys: [{ name: 'a', publicKey: 'AAAA' }] })] }],
    ['USER_DATA_FORM_UNKNOWN', { instances: [web({ userData: Buffer.from('hello') })] }],
    ['GUEST_WISH_INVALID', { instances: [web({ guest: { timezone: 'nowhere' } })] }],
    ['TAG_INVALID', { instances: [web({ tags: ['a,b'] })] }],
  ];
  for (const [code, parts] of cases) {
    assert.throws(
      () => compareManifest(manifest(parts), aHost([SMALL])),
      (error: unknown) => isFault(error, code) || assert.fail(`${code}: ${String(error)}`),
    );
  }
});

test('an image with another digest is fetched anew, and instances of the file that were made of it are rebuilt', () => {
  const image = { name: 'os', from: { kind: 'source', source: '/os' }, sha256: 'a'.repeat(64) } as const;
  const file = manifest({ images: [image], instances: [web({ image: 'os' })] });
  const host = aHost([SMALL]);
  const there = enact(host, compareManifest(file, host));
  const newer = { ...file, images: [{ ...image, sha256: 'b'.repeat(64) }] };
  const steps = compareManifest(newer, there);
  assert.deepEqual(
    steps.map((step) => [step.kind, step.action, step.cost, ...kinds(step)]),
    [
      ['image', 'replace', 'replace', 'replace-image'],
      ['instance', 'replace', 'replace', 'rebuild'],
    ],
  );
  assert.deepEqual(compareManifest(newer, enact(there, steps)).map(kinds), [[], []]);
  assert.deepEqual(
    compareManifest({ ...file, images: [{ name: 'os', from: image.from }] }, there).map(kinds),
    [[], []],
  );
});

test('a packed image is known by the digest of what was fetched, a plain one by that of its file', () => {
  const image = { name: 'os', from: { kind: 'source', source: '/os.xz' } } as const;
  const host = aHost();
  const there = enact(
    host,
    compareManifest(manifest({ images: [{ ...image, sha256: 'a'.repeat(64) }] }), host),
  );
  for (const sha256 of ['a'.repeat(64), '0'.repeat(64)])
    assert.deepEqual(
      compareManifest(manifest({ images: [{ ...image, sha256 }] }), there).map(kinds),
      [[]],
      sha256,
    );
});

test('a kernel that an image boots is not exchanged under it, nor removed', () => {
  const kernel = { name: 'kernel', from: { kind: 'source', source: '/k' } } as const;
  const disk = { name: 'disk', from: kernel.from, properties: { kernel_id: 'kernel' } } as const;
  const host = aHost();
  const there = enact(host, compareManifest(manifest({ images: [disk, kernel] }), host));
  const alone = manifest({ images: [{ ...kernel, sha256: 'a'.repeat(64) }] });
  assert.match(compareManifest(alone, there)[0]?.problem ?? '', /image disk boots it/);
  assert.match(compareRemoval(alone, there, { all: true })[0]?.problem ?? '', /image disk boots it/);
});

test('properties that the file does not name stay, and parts may be named by name', () => {
  const kernel = { name: 'kernel', from: { kind: 'source', source: '/k' } } as const;
  const disk = {
    name: 'disk',
    from: { kind: 'source', source: '/d' },
    properties: { kernel_id: 'kernel', a: 'b' },
  } as const;
  const host = aHost();
  const steps = compareManifest(manifest({ images: [disk, kernel] }), host);
  assert.deepEqual(
    steps.map(({ name }) => name),
    ['kernel', 'disk'],
  );
  const there = enact(host, steps);
  const kernelId = there.images.find(({ name }) => name === 'kernel')?.id;
  assert.equal(there.images.find(({ name }) => name === 'disk')?.properties['kernel_id'], kernelId);
  assert.deepEqual(compareManifest(manifest({ images: [disk, kernel] }), there).map(kinds), [[], []]);
  const [, changed] = compareManifest(
    manifest({ images: [kernel, { ...disk, properties: { c: 'd' }, minDiskGiB: 1 }] }),
    there,
  );
  assert.ok(changed !== undefined);
  assert.deepEqual(keysOf(changed), ['min_disk: 0 GiB -> 1 GiB', 'properties.c: null -> d']);
  const after = enact(there, [changed]).images.find(({ name }) => name === 'disk');
  assert.deepEqual(after?.properties, { kernel_id: kernelId, a: 'b', c: 'd' });
});

test('a flavor that changes takes the instances of the file along, and no other', () => {
  const host = hostWith(web());
  const grown = { ...SMALL, memoryMiB: 512, extraSpecs: { a: 'b' } };
  const [flavor, step] = compareManifest(manifest({ flavors: [grown], instances: [web()] }), host);
  assert.ok(flavor !== undefined && step !== undefined);
  assert.deepEqual(
    [kinds(flavor), flavor.cost, keysOf(flavor)],
    [['replace-flavor'], 'none', ['memory: 256 MiB -> 512 MiB', 'extra_specs.a: null -> b']],
  );
  assert.deepEqual([kinds(step), step.cost], [['resize', 'confirm-resize'], 'restart']);
  assert.equal(flavor.notes.length, 1);
});

test('cards are matched in any order, those of which most is said first', () => {
  const cards = [{ network: 'lab' }, { network: 'lab', mac: 'fa:16:3e:00:00:77' }] as const;
  const there = hostWith(web({ networks: [...cards].reverse() }));
  assert.deepEqual(kinds(stepFor(web({ networks: cards }), there)), []);
  const addressed = {
    network: 'lab',
    addressing: [{ kind: 'static', address: '192.0.2.9', prefix: 24 }],
  } as const;
  const step = stepFor(web({ networks: [cards[0], addressed] }), there);
  assert.deepEqual(kinds(step), ['detach-card', 'attach-card']);
  assert.deepEqual(keysOf(stepFor(web({ networks: [cards[0], addressed] }), enact(there, [step]))), []);
});

test('a port of its own name is a card for the wish that names it alone', () => {
  const file = manifest({
    networks: [{ name: 'lab', subnet: '10.9.0.0/24' }],
    ports: [{ name: 'door', network: 'lab', address: '10.9.0.9' }],
    instances: [web({ networks: [{ port: 'door' }, { network: 'lab' }] })],
  });
  const host = aHost([SMALL]);
  const steps = compareManifest(file, host);
  assert.deepEqual(steps.map(kinds), [['create-network'], ['create-port'], ['launch']]);
  const there = enact(host, steps);
  assert.deepEqual(compareManifest(file, there).map(kinds), [[], [], []]);
  const step = stepFor(web({ networks: [{ network: 'lab' }] }), there);
  assert.deepEqual(kinds(step), ['detach-card']);
  assert.match(
    stepFor(web({ name: 'db', networks: [{ port: 'door' }] }), there).problem ?? '',
    /instance web has port door/,
  );
  assert.match(stepFor(web({ networks: [{ port: 'none' }] }), there).problem ?? '', /no port "none"/);
  const [gives, takes] = compareManifest(
    { ...file, instances: [web({ networks: [] }), web({ name: 'db', networks: [{ port: 'door' }] })] },
    there,
  ).slice(2);
  assert.deepEqual([gives?.problem, takes?.problem], [null, null]);
});

test('networks and ports are made anew where nobody uses them, and are in the way where somebody does', () => {
  const file = manifest({
    networks: [{ name: 'lab', mtu: 1400 }],
    ports: [{ name: 'door', network: 'lab' }],
  });
  const host = aHost([SMALL]);
  const there = enact(host, compareManifest(file, host));
  const other = { networks: [{ name: 'lab', mtu: 1500 }], ports: [{ name: 'door' }] };
  const [network, port] = compareManifest(manifest(other), there);
  assert.match(network?.problem ?? '', /mtu cannot change while port door has it/);
  assert.deepEqual(port && [kinds(port), keysOf(port)], [
    ['remove-port', 'create-port'],
    ['network: lab -> novalet'],
  ]);
  const held = enact(there, [stepFor(web({ networks: [{ port: 'door' }] }), there)]);
  const [, used] = compareManifest(manifest(other), held);
  assert.match(used?.problem ?? '', /network cannot change while instance web has it/);
  const free = { ...there, ports: [], networks: there.networks.map((one) => ({ ...one, ports: [] })) };
  const [anew] = compareManifest(manifest({ networks: other.networks }), free);
  assert.deepEqual(anew && kinds(anew), ['remove-network', 'create-network']);
  const off = { ...free, networks: free.networks.map((one) => ({ ...one, isActive: false })) };
  const [woken] = compareManifest(manifest({ networks: file.networks }), off);
  assert.deepEqual(woken && [kinds(woken), keysOf(woken)], [['create-network'], ['state: off -> on']]);
  const foreign = { ...free, networks: free.networks.map((one) => ({ ...one, isManaged: false })) };
  assert.match(
    compareManifest(manifest({ networks: file.networks }), foreign)[0]?.problem ?? '',
    /did not make/,
  );
  assert.match(compareRemoval(file, foreign, {}).at(-1)?.problem ?? '', /did not make/);
});

test('what is taken back goes instances first, then ports, then networks, unless somebody else uses them', () => {
  const file = manifest({
    networks: [{ name: 'lab' }],
    ports: [{ name: 'door', network: 'lab' }],
    instances: [web({ networks: [{ port: 'door' }] })],
  });
  const host = aHost([SMALL]);
  const there = enact(host, compareManifest(file, host));
  const steps = compareRemoval(file, there, {});
  assert.deepEqual(steps.map(kinds), [['delete'], ['remove-port'], ['remove-network']]);
  assert.deepEqual(enact(there, steps).networks, []);
  const problems = compareRemoval({ ...file, instances: [] }, there, {}).map(({ problem }) => problem);
  assert.deepEqual(problems, ['instance web has it', 'instance web has it']);
});

test('user data are shown to nobody', () => {
  const step = stepFor(
    web({ userData: Buffer.from('#!/bin/sh\n# hunter2\n') }),
    hostWith(web({ userData: Buffer.from('#!/bin/sh\n') })),
  );
  assert.deepEqual(keysOf(step), ['user_data: [secret] -> [secret]']);
});

test('what is taken back goes in an order in which nothing is needed any more, and what others need stays', () => {
  const file = manifest({
    images: [
      { name: 'disk', from: { kind: 'source', source: '/d' }, properties: { kernel_id: 'kernel' } },
      { name: 'kernel', from: { kind: 'source', source: '/k' } },
    ],
    flavors: [SMALL],
    instances: [web({ image: 'disk' }), web({ name: 'gone', image: 'disk' })],
  });
  const host = aHost();
  const there = enact(host, compareManifest({ ...file, instances: [web({ image: 'disk' })] }, host));
  const named = (steps: readonly PlannedStep[]) => steps.map(({ name, action }) => `${name} ${action}`);
  assert.deepEqual(named(compareRemoval(file, there, {})), ['web remove', 'gone none']);
  const all = compareRemoval(file, there, { all: true });
  assert.deepEqual(named(all), ['web remove', 'gone none', 'small remove', 'disk remove', 'kernel remove']);
  assert.deepEqual(
    enact(there, all).images.map(({ name }) => name),
    ['debian'],
  );
  assert.ok(compareRemoval(file, enact(there, all), { all: true }).every(({ action }) => action === 'none'));
  const others = compareRemoval({ ...file, instances: [] }, there, { all: true });
  assert.deepEqual(
    others.map(({ name, problem }) => [name, problem]),
    [
      ['small', 'instance web has it'],
      ['disk', 'instance web was made of it'],
      ['kernel', null],
    ],
  );
});
