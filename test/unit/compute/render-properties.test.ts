// What holds for every guest, not only for the golden ones: legal keys make a domain or a fault that says why not, illegal
// ones a fault that names the key. Whether libvirt's schema takes the domains: test/host/libvirt-xml/render-properties.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Fault, type FaultKind, isFault } from '../../../src/base/index.ts';
import { render } from '../../../src/compute/render.ts';
import { parseXml } from '../../../src/libvirt-xml/index.ts';
import { canonical } from '../../golden/canonical.ts';
import { EXTRA_SPEC_SAMPLES, IMAGE_PROPERTY_SAMPLES, illegalText } from '../model/legal-values.ts';
import { anyDescription, usualDescription } from './legal-descriptions.ts';

const RUNS = process.env['NOVALET_TEST_LONG'] === '1' ? 20_000 : 600;

/** What a legal description may be refused as: keys that contradict each other, or ask for what this host has not. */
const REFUSALS: readonly FaultKind[] = ['invalid', 'unsupported', 'exhausted'];

const KEY_NAME = /\b(?:hw|hw_video|os|pci_passthrough)[:_]\w/;

function outcome(input: unknown): string | Fault {
  try {
    return render(input);
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
}

function words({ message, hint, details }: Fault): string {
  return [message, hint, ...Object.values(details)].join(' ');
}

for (const { what, descriptions, least } of [
  { what: 'any usual keys', descriptions: usualDescription, least: 0.45 },
  { what: 'any keys with any legal values', descriptions: anyDescription, least: 0.5 },
]) {
  test(`${what} make a domain, or a fault that names one of them`, () => {
    let made = 0;
    fc.assert(
      fc.property(descriptions, (given) => {
        const answer = outcome(given);
        if (typeof answer === 'string') {
          made += 1;
          assert.equal(parseXml(answer, 'the domain').name, 'domain');
          return;
        }
        assert.ok(REFUSALS.includes(answer.kind), `${answer.code} is ${answer.kind}`);
        if (answer.kind !== 'exhausted') assert.match(words(answer), KEY_NAME);
      }),
      { numRuns: RUNS },
    );
    assert.ok(made > RUNS * least, `${made} of ${RUNS} are guests`);
  });
}

test('one description has one meaning, whatever the order of its keys', () => {
  const reversed = (record: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(record).toReversed());
  fc.assert(
    fc.property(usualDescription, (given) => {
      const first = outcome(given);
      const second = outcome({
        ...given,
        flavor: { ...given.flavor, extra_specs: reversed(given.flavor.extra_specs) },
        image: { ...given.image, properties: reversed(given.image.properties) },
      });
      if (typeof first !== 'string' || typeof second !== 'string') return isFault(first) && isFault(second);
      return canonical(parseXml(first, 'one')) === canonical(parseXml(second, 'the other'));
    }),
    { numRuns: RUNS },
  );
});

for (const { what, samples, place } of [
  { what: 'extra spec', samples: EXTRA_SPEC_SAMPLES, place: 'flavor' },
  { what: 'image property', samples: IMAGE_PROPERTY_SAMPLES, place: 'image' },
] as const) {
  test(`one illegal ${what} among legal ones is an invalid fault that names it`, () => {
    const refusable = samples.flatMap(({ key, known }) => {
      const texts = illegalText(known);
      return texts === null ? [] : [{ key, texts }];
    });
    const wrong = fc
      .constantFrom(...refusable)
      .chain(({ key, texts }) => texts.map((text) => ({ [key]: text })));
    fc.assert(
      fc.property(usualDescription, wrong, (given, pair) => {
        const extra_specs = { ...given.flavor.extra_specs, ...(place === 'flavor' ? pair : {}) };
        const properties = { ...given.image.properties, ...(place === 'image' ? pair : {}) };
        const fault = outcome({
          ...given,
          flavor: { ...given.flavor, extra_specs },
          image: { ...given.image, properties },
        });
        assert.ok(isFault(fault), 'it was rendered');
        assert.deepEqual([fault.kind, fault.details['key']], ['invalid', Object.keys(pair)[0]]);
      }),
      { numRuns: RUNS },
    );
  });
}
