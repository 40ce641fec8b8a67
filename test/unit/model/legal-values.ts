// Texts that a key of a flavor or an image may have, and texts that it may not, as fast-check makes them.
import fc from 'fast-check';
import {
  EXTRA_SPEC_KEYS,
  type HardwareKey,
  IMAGE_PROPERTY_KEYS,
  NUMBERED_EXTRA_SPECS,
  NUMBERED_PROPERTIES,
  SCHEDULING_KEYS,
  type ValueForm,
} from '../../../src/model/index.ts';

/** One key as a flavor or an image writes it; patterns are filled in. */
export interface SampleKey {
  readonly key: string;
  readonly known: HardwareKey<unknown>;
}

export const EXTRA_SPEC_SAMPLES: readonly SampleKey[] = [
  ...named(EXTRA_SPEC_KEYS.values()),
  ...Object.values(NUMBERED_EXTRA_SPECS).flatMap(numbered),
  { key: 'trait:HW_CPU_X86_AVX2', known: SCHEDULING_KEYS.trait },
  { key: 'trait1:CUSTOM_FAST', known: SCHEDULING_KEYS.trait },
  { key: 'resources:MEMORY_MB', known: SCHEDULING_KEYS.resource },
  { key: 'resources_net:CUSTOM_GIFT', known: SCHEDULING_KEYS.resource },
  { key: 'resources2:VGPU', known: SCHEDULING_KEYS.vgpu },
  { key: 'aggregate_instance_extra_specs:ssd', known: SCHEDULING_KEYS.aggregate },
  { key: 'capabilities:hypervisor_type', known: SCHEDULING_KEYS.capability },
];

export const IMAGE_PROPERTY_SAMPLES: readonly SampleKey[] = [
  ...named(IMAGE_PROPERTY_KEYS.values()),
  ...Object.values(NUMBERED_PROPERTIES).flatMap(numbered),
];

/** Any text that the key takes. */
export function legalText(known: HardwareKey<unknown>): fc.Arbitrary<string> {
  const { form } = known.kind;
  switch (form.kind) {
    case 'boolean':
      return BOOLEAN_WORDS;
    case 'flexible boolean':
      return fc.oneof(BOOLEAN_WORDS, fc.string());
    case 'text':
      return fc.string();
    case 'whole number':
      return wholeNumbers(form.least, form.most);
    case 'words':
      return legalWords(form);
    case 'CPU set':
    case 'CPU mask':
      return form.loose ? CPUS.map((text) => text.replaceAll(',', ', ')) : CPUS;
    case 'page size':
      return PAGE_SIZES;
    case 'PCI aliases':
      return fc.array(PCI_ALIAS, { minLength: 1, maxLength: 3 }).map((aliases) => aliases.join(', '));
    case 'names':
      return fc.array(fc.stringMatching(/^[a-zA-Z0-9_]{1,8}$/), { minLength: 1, maxLength: 3 }).map(String);
    case 'comparison of versions':
      return fc
        .tuple(fc.constantFrom('<', '<=', '==', '!=', '>=', '>'), fc.nat(9))
        .map(([sign, n]) => `${sign}${n}.6`);
    default:
      return form satisfies never;
  }
}

/** Any few keys with legal values, without those that are refused: what an operator may write, as far as each key goes. */
export function legalRecord(
  samples: readonly SampleKey[],
  most: number,
): fc.Arbitrary<Record<string, string>> {
  const takeable = samples.filter(({ known }) => known.status !== 'refused');
  return fc
    .subarray(takeable, { maxLength: most })
    .chain((chosen) =>
      fc
        .tuple(...chosen.map(({ known }) => legalText(known)))
        .map((texts) => Object.fromEntries(chosen.map(({ key }, index) => [key, texts[index] ?? '']))),
    );
}

/** Any text that the key refuses as `invalid`; null where every text is allowed. */
export function illegalText(known: HardwareKey<unknown>): fc.Arbitrary<string> | null {
  const { form } = known.kind;
  if (form.kind === 'text' || form.kind === 'flexible boolean') return null;
  const foreign = known.foreign ?? [];
  return fc
    .oneof(fc.string(), fc.constantFrom(...NEAR_MISSES[form.kind]))
    .filter((text) => !isLegal(form, text) && !foreign.includes(text.trim().toLowerCase()));
}

const BOOLEAN_WORDS = fc
  .tuple(
    fc.constantFrom('1', 't', 'true', 'on', 'y', 'yes', '0', 'f', 'false', 'off', 'n', 'no'),
    fc.boolean(),
    fc.constantFrom('', ' '),
  )
  .map(([word, isUpper, blank]) => `${blank}${isUpper ? word.toUpperCase() : word}${blank}`);

const CPU_RANGE = fc
  .tuple(fc.constantFrom('', '^'), fc.nat(63), fc.nat(8), fc.boolean())
  .map(([caret, first, more, isRange]) => `${caret}${first}${isRange ? `-${first + more}` : ''}`);
const CPUS = fc.array(CPU_RANGE, { minLength: 1, maxLength: 4 }).map((ranges) => ranges.join(','));

const PAGE_SIZES = fc.oneof(
  fc.constantFrom('small', 'large', 'any', '2MB', '2MiB', '2M', '1GB', '1GiB', '16Mb', '8kib', '1TB'),
  fc.integer({ min: 1, max: 2 ** 30 }).map(String),
);

const PCI_ALIAS = fc
  .tuple(fc.stringMatching(/^[a-z][a-z0-9_-]{0,9}$/), fc.nat(9))
  .map(([alias, count]) => `${alias}:${count}`);

/** For each form: texts that are nearly legal, besides the random ones. */
const NEAR_MISSES: Readonly<
  Record<Exclude<ValueForm['kind'], 'text' | 'flexible boolean'>, readonly string[]>
> = {
  boolean: ['', '2', 'maybe', 'tru', 'yes!', 'none'],
  'whole number': ['', '1.5', 'one', '0x1', '1e3', '-', '99999999999999999999', '-1', '0', '16', '1 2'],
  words: ['', 'NONE ', ' virtio', 'usb,virtio', 'Dedicated!'],
  'CPU set': ['', '^', '3-1', '1-', '-1', '1-2-3', 'a', '0;1', '70000', '0-99999'],
  'CPU mask': ['', '^', '3-1', '1-', '-1', '1-2-3', 'a', '0;1', '70000', '^^1'],
  'page size': ['', '0', '-4', 'Large', 'huge', '1.5GB', '2 MB', '3b', '2PB', 'MB'],
  'PCI aliases': ['', 'gpu', 'gpu:', ':1', 'gpu:one', 'gpu:1,', 'gpu:1;nic:1', 'gpu:1:2'],
  names: ['', 'a b', ',a', 'a,,b', 'a-b'],
  'comparison of versions': ['', '2.6', '=2.6', '=>2.6', '>=', '>=x', '>=2', '>=1.2.3.4', '>=1.2,'],
};

function isLegal(form: ValueForm, text: string): boolean {
  switch (form.kind) {
    case 'boolean':
      return /^\s*(?:1|t|true|on|y|yes|0|f|false|off|n|no)\s*$/i.test(text);
    case 'whole number':
      return /^\s*[+-]?\d+\s*$/.test(text) && isWithin(Number(text), form);
    case 'words': {
      const candidate = form.folded ? text.toLowerCase() : text;
      return form.words.includes(candidate) || Object.hasOwn(form.older, candidate);
    }
    case 'CPU set':
    case 'CPU mask':
      return (
        /^[\s,]*\^?\s*\d+(?:\s*-\s*\d+)?[\s,\d^-]*$/.test(text) && !NEAR_MISSES[form.kind].includes(text)
      );
    case 'page size':
      return (
        /^(?:small|large|any|[1-9]\d*(?:[kKMGT]i?)?(?:b|bit|B)?)$/.test(text) &&
        !/^\d+(?:b|bit|B)$/.test(text)
      );
    case 'PCI aliases':
      return /^[^:]+:\d+/.test(text) && !NEAR_MISSES[form.kind].includes(text);
    case 'names':
      return /^\w/.test(text) && !NEAR_MISSES[form.kind].includes(text);
    case 'comparison of versions':
      return /^\s*[<>=!]/.test(text) && !NEAR_MISSES[form.kind].includes(text);
    case 'text':
    case 'flexible boolean':
      return true;
    default:
      return form satisfies never;
  }
}

function isWithin(
  value: number,
  { least, most }: { readonly least: number; readonly most: number },
): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}

function wholeNumbers(least: number, most: number): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(String(least), String(most), ` ${Math.max(least, 1)} `, `+${Math.max(least, 1)}`),
    fc.integer({ min: Math.max(least, -(2 ** 31)), max: Math.min(most, 2 ** 31 - 1) }).map(String),
  );
}

function legalWords(form: Extract<ValueForm, { kind: 'words' }>): fc.Arbitrary<string> {
  const all = [...form.words, ...Object.keys(form.older)];
  const word = fc.constantFrom(...all);
  return form.folded
    ? fc.tuple(word, fc.boolean()).map(([text, isUpper]) => (isUpper ? text.toUpperCase() : text))
    : word;
}

function named(keys: Iterable<HardwareKey<unknown>>): SampleKey[] {
  return [...keys].map((known) => ({ key: known.key, known }));
}

function numbered(known: HardwareKey<unknown>): SampleKey[] {
  return [0, 1, 127].map((cell) => ({ key: known.key.replace(/N$/, String(cell)), known }));
}
