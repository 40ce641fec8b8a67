// Random descriptions of guests, all legal key by key: any few extra specs and properties with any legal value, or such as
// operators write, in both profiles, on hosts of several architectures.
import fc from 'fast-check';
import { description as usual } from '../../nova/descriptions.ts';
import { EXTRA_SPEC_SAMPLES, IMAGE_PROPERTY_SAMPLES, legalRecord } from '../model/legal-values.ts';

const MOST_KEYS = 5;

/** Keys and values that operators write: most of these are guests. */
export const usualDescription = fc
  .tuple(usual, fc.constantFrom('zed', 'modern'))
  .map(([given, profile]) => ({ ...given, settings: { ...given.settings, profile } }));

/** Any keys with any legal values: many of these contradict each other, or ask for what the host has not. */
export const anyDescription = fc
  .tuple(
    usualDescription,
    legalRecord(EXTRA_SPEC_SAMPLES, MOST_KEYS),
    legalRecord(IMAGE_PROPERTY_SAMPLES, MOST_KEYS),
  )
  .map(([given, extra_specs, properties]) => ({
    ...given,
    flavor: { ...given.flavor, extra_specs },
    image: { ...given.image, properties },
  }));
