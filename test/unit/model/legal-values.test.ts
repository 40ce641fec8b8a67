import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../../src/base/index.ts';
import { extraSpecs, imageProperties } from '../../../src/model/index.ts';
import {
  EXTRA_SPEC_SAMPLES,
  IMAGE_PROPERTY_SAMPLES,
  illegalText,
  legalRecord,
  legalText,
} from './legal-values.ts';

const RUNS = { numRuns: 40 };

const SIDES = [
  { what: 'extra spec', samples: EXTRA_SPEC_SAMPLES, read: extraSpecs },
  { what: 'image property', samples: IMAGE_PROPERTY_SAMPLES, read: imageProperties },
] as const;

function faultOf(read: () => unknown): Fault | null {
  try {
    read();
    return null;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

for (const { what, samples, read } of SIDES) {
  test(`a legal value of any ${what} is read, or refused as unsupported under its name`, () => {
    for (const { key, known } of samples) {
      fc.assert(
        fc.property(legalText(known), (text) => {
          const fault = faultOf(() => read({ [key]: text }));
          if (known.status === 'done' || known.status === 'elsewhere') return fault === null;
          return fault === null || (fault.kind === 'unsupported' && fault.details['key'] === key);
        }),
        RUNS,
      );
    }
  });

  test(`legal values of several keys are read together, and an illegal ${what} among them is refused by its name`, () => {
    const withOneWrong = fc
      .tuple(legalRecord(samples, 12), fc.constantFrom(...samples))
      .chain(([legal, { key, known }]) =>
        fc.tuple(fc.constant(legal), fc.constant(key), illegalText(known) ?? fc.constant(null)),
      );
    fc.assert(
      fc.property(withOneWrong, ([legal, key, wrong]) => {
        assert.equal(
          faultOf(() => read(legal)),
          null,
        );
        if (wrong === null) return;
        const fault = faultOf(() => read({ ...legal, [key]: wrong }));
        assert.deepEqual([fault?.kind, fault?.details['key']], ['invalid', key]);
      }),
      { numRuns: 200 },
    );
  });

  test(`an illegal value of any ${what} is refused as invalid under its name, with what is allowed`, () => {
    let refusable = 0;
    for (const { key, known } of samples) {
      const illegal = illegalText(known);
      if (illegal === null) continue;
      refusable += 1;
      fc.assert(
        fc.property(illegal, (text) => {
          const fault = faultOf(() => read({ [key]: text }));
          assert.equal(fault?.kind, 'invalid', `${key}=${JSON.stringify(text)}`);
          assert.equal(fault.details['key'], key);
          assert.ok(fault.hint?.includes(known.kind.allowed), fault.hint);
        }),
        RUNS,
      );
    }
    assert.ok(refusable > 30);
  });

  test(`an ${what} that is refused passes with a value that asks for nothing`, () => {
    const neutral = samples.filter(({ known }) => known.neutral.includes(false));
    for (const { key } of neutral)
      assert.equal(
        faultOf(() => read({ [key]: 'no' })),
        null,
        key,
      );
    assert.ok(neutral.length > 0);
  });
}
