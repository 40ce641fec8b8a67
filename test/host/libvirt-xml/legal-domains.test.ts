// Any legal flavor and image make a domain that libvirt's schema takes; test/unit/compute/render-properties.test.ts says
// what is refused instead. One call of xmllint judges all documents.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../../../src/base/index.ts';
import { checkFlavorAlone } from '../../../src/compute/flavor-alone.ts';
import { render } from '../../../src/compute/render.ts';
import { checkImageProperties } from '../../../src/model/index.ts';
import { anyDescription, usualDescription } from '../../unit/compute/legal-descriptions.ts';
import { validate } from './libvirt-judge.ts';

const IS_LONG = process.env['NOVALET_TEST_LONG'] === '1';
const COUNT = IS_LONG ? 6000 : 700;

/** What libvirt takes and its schema does not: limits that are none, and numbers with a sign or of more than 32 bits. */
const QUOTA_BEYOND_SCHEMA = /^quota:\S+=(?:\+\S*|-\d+|0+|\d{10,})$/;
/** What newer libvirts have, and architectures that Nova has and no libvirt. */
const NOT_IN_THE_SCHEMA =
  /^(?:hw[:_]sound_model=virtio|hw_(?:emulation_)?architecture=(?:armv6|armv7|armv7b|ppcle))$/i;

function withinSchema(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).filter((pair) => {
      const text = pair.join('=');
      return !QUOTA_BEYOND_SCHEMA.test(text) && !NOT_IN_THE_SCHEMA.test(text);
    }),
  );
}

/** Zed writes SMM in a form that libvirt takes and its schema does not know: docs/nova-differences.md. */
function withPlainSmm(xml: string): string {
  return xml.replace(/<smm>\s*(<smm state="on"\/>)\s*<\/smm>/, '$1');
}

type Description = typeof anyDescription extends fc.Arbitrary<infer Given> ? Given : never;

/** Null where it is refused: when flavor or image get their keys, or when they meet. */
function domainOf(given: Description): string | null {
  const extra_specs = withinSchema(given.flavor.extra_specs);
  const properties = withinSchema(given.image.properties);
  const { vcpus, memory_mb: memoryMiB } = given.flavor;
  try {
    checkFlavorAlone({ vcpus, memoryMiB, extraSpecs: extra_specs });
    checkImageProperties(properties);
    const flavor = { ...given.flavor, extra_specs };
    return withPlainSmm(render({ ...given, flavor, image: { ...given.image, properties } }));
  } catch (error) {
    if (isFault(error)) return null;
    throw error;
  }
}

for (const [what, descriptions] of [
  ['usual keys', usualDescription],
  ['any legal values of any keys', anyDescription],
] as const) {
  test(`${what} make domains that fit libvirt's schema`, () => {
    const seed = IS_LONG ? Date.now() % 2 ** 31 : 1;
    const given = fc.sample<Description>(descriptions, { numRuns: COUNT, seed });
    const documents = given.map(domainOf).filter((xml) => xml !== null);
    assert.ok(documents.length > 0.4 * COUNT, `${documents.length} of ${COUNT} are guests (seed ${seed})`);
    try {
      validate('domain', documents);
    } catch (error) {
      throw new Error(`not all fit (seed ${seed})`, { cause: error });
    }
  });
}
