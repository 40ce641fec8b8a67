// What libvirt takes of a flavor's quotas and rates. Nova's API knows no upper bounds and copies the texts; libvirt then refuses the
// domain. Pure. Rules: libvirt, "Domain XML format", and what 9.0 says when it defines one.
import { Fault } from '../base/index.ts';
import type { Flavor } from '../model/index.ts';

interface Range {
  readonly least: number;
  readonly most: number;
  /** Besides the range. */
  readonly special: { readonly words: string; readonly isMeant: (value: number) => boolean };
}

const NONE = { words: '0, which asks for nothing', isMeant: (value: number) => value === 0 };
const NO_LIMIT = { words: '0 or less, which is no limit', isMeant: (value: number) => value <= 0 };
const THROTTLE: Range = { least: 1, most: 1e15, special: NONE };
/** Of libvirt's schema: 32 bits. */
const RATE: Range = { least: 1, most: 0xffff_ffff, special: NONE };

const RANGES: Readonly<Record<string, Range>> = {
  'quota:cpu_shares': { least: 2, most: 262_144, special: NONE },
  'quota:cpu_period': { least: 1000, most: 1_000_000, special: NONE },
  'quota:cpu_quota': { least: 1000, most: 17_592_186_044_415, special: NO_LIMIT },
  'quota:disk_read_bytes_sec': THROTTLE,
  'quota:disk_write_bytes_sec': THROTTLE,
  'quota:disk_total_bytes_sec': THROTTLE,
  'quota:disk_read_iops_sec': THROTTLE,
  'quota:disk_write_iops_sec': THROTTLE,
  'quota:disk_total_iops_sec': THROTTLE,
  ...Object.fromEntries(
    ['inbound', 'outbound'].flatMap((way) =>
      ['average', 'peak', 'burst'].map((what) => [`quota:vif_${way}_${what}`, RATE]),
    ),
  ),
  'hw_rng:rate_bytes': RATE,
  'hw_rng:rate_period': RATE,
};

/** For extra specs that are legal by themselves. Throws `EXTRA_SPEC_INVALID` and `EXTRA_SPECS_CONFLICT`. */
export function checkQuotas({ extraSpecs }: Pick<Flavor, 'extraSpecs'>): void {
  for (const [key, text] of Object.entries(extraSpecs)) {
    const range = Object.hasOwn(RANGES, key) ? RANGES[key] : undefined;
    if (range === undefined) continue;
    if (key.startsWith('quota:') && text !== text.trim())
      throw beyond(key, text, 'may have no blanks around it');
    if (!isWithin(Number(text), range)) {
      const { least, most, special } = range;
      throw beyond(key, text, `must be from ${least} to ${most}, or ${special.words}`);
    }
  }
  checkTotal(extraSpecs, 'bytes');
  checkTotal(extraSpecs, 'iops');
}

function isWithin(value: number, { least, most, special }: Range): boolean {
  return special.isMeant(value) || (value >= least && value <= most);
}

function checkTotal(extraSpecs: Flavor['extraSpecs'], unit: 'bytes' | 'iops'): void {
  const total = `quota:disk_total_${unit}_sec`;
  if (!isLimit(extraSpecs[total])) return;
  const part = ['read', 'write'].find((way) => isLimit(extraSpecs[`quota:disk_${way}_${unit}_sec`]));
  if (part === undefined) return;
  throw new Fault(
    'invalid',
    'EXTRA_SPECS_CONFLICT',
    `${total} and quota:disk_${part}_${unit}_sec limit the same disks twice, which libvirt refuses`,
    { hint: 'Set the total, or reads and writes, not both.', details: { key: total } },
  );
}

function isLimit(text: string | undefined): boolean {
  return text !== undefined && Number(text) !== 0;
}

function beyond(key: string, text: string, rule: string): Fault {
  return new Fault(
    'invalid',
    'EXTRA_SPEC_INVALID',
    `${key} is "${text.slice(0, 80)}", and libvirt refuses it`,
    {
      hint: `${key} ${rule}.`,
      details: { key },
    },
  );
}
