// Whatever a file says of whatever host: once it was done nothing is left to do, and what was broken off is what is left.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GIB } from '../../../../src/base/index.ts';
import { compareManifest } from '../../../../src/compute/apply/compare.ts';
import type { PlannedStep } from '../../../../src/compute/apply/planned-step.ts';
import type { Manifest, WantedDisk, WantedInstance } from '../../../../src/compute/apply/requests.ts';
import { aFlavor } from '../../../support/samples.ts';
import { aHost, enact } from './enact.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBKk3YmR1o7jIxXGr3DWCcLWFeC3XSD3QS94FqkQCQq6';
const SMALL = aFlavor({ name: 'small', rootGiB: 2 });
const LARGE = aFlavor({ name: 'large', vcpus: 2, rootGiB: 3 });

function keysOf({ differences }: PlannedStep): readonly string[] {
  return differences.map(({ key, from, to }) => `${key}: ${from} -> ${to}`);
}

const aDisk: fc.Arbitrary<Omit<WantedDisk, 'name'>> = fc.constantFrom<Omit<WantedDisk, 'name'>>(
  { source: { kind: 'new', sizeBytes: GIB } },
  { source: { kind: 'new', sizeBytes: 2 * GIB } },
  { source: { kind: 'image', image: 'os' } },
  { source: { kind: 'image', image: 'debian', sizeBytes: GIB } },
  { source: { kind: 'file', path: '/srv/a' }, readOnly: true },
  { source: { kind: 'file', path: '/srv/a' }, bus: 'sata' },
  { source: { kind: 'block', path: '/dev/sdz' } },
  { source: { kind: 'nbd', server: { host: 'nas', port: 10_809 }, exportName: 'a' } },
  { source: { kind: 'none' }, device: 'cdrom' },
  { source: { kind: 'file', path: '/srv/cd.iso' }, device: 'cdrom' },
);

const aWish: fc.Arbitrary<Omit<WantedInstance, 'name'>> = fc.record(
  {
    image: fc.constantFrom('debian', 'os'),
    flavor: fc.constantFrom('small', 'large'),
    state: fc.constantFrom('active', 'stopped'),
    networks: fc.array(fc.constantFrom({}, { network: 'lab' }, { network: 'lab', mtu: 1400 }), {
      maxLength: 3,
    }),
    userData: fc.constantFrom('#!/bin/sh\n', '#!/bin/sh\ntrue\n').map((text) => Buffer.from(text)),
    sshKeys: fc.constantFrom([], [{ name: 'a', publicKey: `${KEY} a` }]),
    guest: fc.constantFrom({ hostname: 'www' }, { packages: ['nginx'] }, { user: 'bob', hostname: 'db' }),
    metadata: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2'), { noNullPrototype: true }),
    tags: fc.subarray(['blue', 'red']),
    files: fc.subarray([
      { path: '/etc/motd', content: Buffer.from('a') },
      { path: '/etc/issue', content: Buffer.from('b') },
    ]),
    shares: fc.subarray([
      { tag: 'data', path: '/srv/data' },
      { tag: 'cold', path: '/srv/cold', readOnly: true },
    ]),
    disks: fc
      .dictionary(fc.constantFrom('a', 'b'), aDisk, { noNullPrototype: true })
      .map((disks) => Object.entries(disks).map(([name, disk]) => ({ name, ...disk }))),
    maxVcpus: fc.constantFrom(4, 8),
    maxMemoryMiB: fc.constantFrom(2048, 4096),
  },
  { requiredKeys: ['image'] },
);

const aManifest: fc.Arbitrary<Manifest> = fc
  .record({
    image: fc.constantFrom(undefined, 'a', 'b'),
    memoryMiB: fc.constantFrom(128, 256),
    mtu: fc.constantFrom(undefined, 1400),
    port: fc.constantFrom(undefined, 'novalet', 'lab'),
    wishes: fc.dictionary(fc.constantFrom('web', 'db'), aWish, { noNullPrototype: true }),
  })
  .map(({ image, memoryMiB, mtu, port, wishes }) => ({
    images: [
      {
        name: 'os',
        from: { kind: 'source', source: '/os' },
        ...(image === undefined ? {} : { sha256: image.repeat(64) }),
      },
    ],
    flavors: [{ ...SMALL, memoryMiB }, LARGE],
    networks: [{ name: 'own', ...(mtu === undefined ? {} : { mtu }) }],
    ports: port === undefined ? [] : [{ name: 'spare', network: port }],
    instances: Object.entries(wishes).map(([name, wish]) => ({ ...wish, name })),
  }));

test('whatever there was, there is nothing left to do once it was done', () => {
  fc.assert(
    fc.property(fc.array(aManifest, { minLength: 1, maxLength: 4 }), (manifests) => {
      let present = aHost();
      for (const one of manifests) {
        const steps = compareManifest(one, present);
        assert.deepEqual(
          steps.filter(({ problem }) => problem !== null),
          [],
        );
        present = enact(present, steps);
        assert.deepEqual(compareManifest(one, present).flatMap(keysOf), []);
        assert.ok(compareManifest(one, present).every(({ acts }) => acts.length === 0));
      }
    }),
    { numRuns: 300 },
  );
});

test('a step that was not begun, or ended in the middle, is what is left to do', () => {
  fc.assert(
    fc.property(aManifest, aManifest, fc.nat(), (first, second, at) => {
      const host = aHost();
      const there = enact(host, compareManifest(first, host));
      const acts = compareManifest(second, there).flatMap((step) =>
        step.acts.map((act) => ({ ...step, acts: [act] })),
      );
      const middle = enact(there, acts.slice(0, at % (acts.length + 1)));
      const rest = compareManifest(second, middle);
      assert.deepEqual(
        rest.filter(({ problem }) => problem !== null),
        [],
      );
      assert.deepEqual(compareManifest(second, enact(middle, rest)).flatMap(keysOf), []);
    }),
    { numRuns: 300 },
  );
});
