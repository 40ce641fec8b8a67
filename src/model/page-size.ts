// Sizes of memory pages as flavors and images ask for them. Rules: nova/virt/hardware.py, _get_numa_pagesize_constraint,
// and oslo's string_to_bytes.

/** A number is KiB. `small`: the smallest that the host has; `large`: any but that; `any`: large before small. */
export type PageSize = 'small' | 'large' | 'any' | number;

const WORDS = ['small', 'large', 'any'] as const;
const AMOUNT = /^(\d+)(?:([kKMGT])i?)?(b|bit|B)?$/;
const KIB: Readonly<Record<string, number>> = { k: 1, K: 1, M: 1024, G: 1024 ** 2, T: 1024 ** 3 };

/**
 * A bare number is KiB, `2MB` and `2MiB` are 2048; `b` and `bit` count bits. Undefined for what is no whole number of
 * KiB. Nova's API takes `2M` and `2kB` and its driver does not: here they are 2048 and 2.
 */
export function parsePageSize(text: string): PageSize | undefined {
  const word = WORDS.find((candidate) => candidate === text);
  if (word !== undefined) return word;
  const [, digits, prefix, unit] = AMOUNT.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const isBare = prefix === undefined && unit === undefined;
  const kib = Number(digits) * (isBare ? 1 : prefix === undefined ? 1 / 1024 : (KIB[prefix] ?? Number.NaN));
  const size = unit === 'b' || unit === 'bit' ? kib / 8 : kib;
  return Number.isSafeInteger(size) && size > 0 ? size : undefined;
}
