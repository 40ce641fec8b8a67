// An image's properties as typed fields, by Nova's rules. Field names are Nova's property names. Properties outside
// `hw_` that Nova does not know are anybody's and pass.
import { Fault } from '../base/index.ts';
import { type KeyFaults, type RawValues, readFields, readValue } from './hardware-key.ts';
import {
  IMAGE_PROPERTIES,
  IMAGE_PROPERTY_KEYS,
  NUMBERED_PROPERTIES,
  UNUSED_PROPERTIES,
} from './image-property-keys.ts';
import { withCurrentNames } from './legacy-properties.ts';
import { nearestName } from './nearest-name.ts';
import { isNumbered, readNumbered } from './numbered-keys.ts';

const FAULTS: KeyFaults = {
  noun: 'Image property',
  invalid: { kind: 'invalid', code: 'IMAGE_PROPERTY_INVALID' },
  unsupported: { kind: 'unsupported', code: 'IMAGE_PROPERTY_UNSUPPORTED' },
  owner: 'the image',
};

export type ImageProperties = ReturnType<typeof imageProperties>;

/**
 * Checks and reads image properties, older names included.
 * Throws `IMAGE_PROPERTY_UNKNOWN`, `IMAGE_PROPERTY_UNSUPPORTED` or `IMAGE_PROPERTY_INVALID`.
 */
export function imageProperties(raw: RawValues) {
  const { values, writtenAs } = withCurrentNames(raw);
  const faults = { ...FAULTS, writtenAs };
  for (const [key, text] of Object.entries(values)) checkKey(key, text, faults);
  return {
    ...readFields(values, IMAGE_PROPERTIES, faults),
    hw_numa_cpus: readNumbered(values, NUMBERED_PROPERTIES.hw_numa_cpus, faults),
    hw_numa_mem: readNumbered(values, NUMBERED_PROPERTIES.hw_numa_mem, faults),
    traits_required: requiredTraits(values),
  };
}

function checkKey(key: string, text: string, faults: KeyFaults): void {
  const unused = UNUSED_PROPERTIES.get(key);
  if (unused !== undefined) readValue(text, unused, faults);
  const isKnown =
    IMAGE_PROPERTY_KEYS.has(key) ||
    Object.values(NUMBERED_PROPERTIES).some((known) => isNumbered(key, known));
  if (isKnown || !key.startsWith('hw_')) return;
  const numbered = Object.values(NUMBERED_PROPERTIES).map((known) => known.key);
  const nearest = nearestName(key, [...IMAGE_PROPERTY_KEYS.keys(), ...numbered]);
  throw new Fault('invalid', 'IMAGE_PROPERTY_UNKNOWN', `There is no image property "${key.slice(0, 80)}"`, {
    hint:
      nearest === undefined
        ? 'docs/hardware-keys.md lists the image properties.'
        : `Did you mean ${nearest}?`,
    details: nearest === undefined ? { key } : { key, nearest },
  });
}

/** Of `trait:NAME=required`; any other value says nothing, as in Nova. */
function requiredTraits(raw: RawValues): readonly string[] {
  const names = Object.entries(raw).filter(
    ([key, value]) => key.startsWith('trait:') && value === 'required',
  );
  return names.map(([key]) => key.slice('trait:'.length)).sort();
}
