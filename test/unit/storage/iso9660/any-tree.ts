// Trees of files for tests: deep and wide, with long, foreign and clashing names, empty files and large ones.
import fc from 'fast-check';

const NAME = fc.oneof(
  fc.constantFrom(
    'a',
    'A',
    'b',
    'user_data',
    'meta_data.json',
    'META_DATA.JSON',
    '.hidden',
    'a.b.c',
    'x.',
    'a b',
    'a_b',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  fc.nat({ max: 30 }).map((at) => `${'long-name-'.repeat(12)}${at}.conf`),
  fc.nat({ max: 250 }).map((length) => `n${'x'.repeat(length)}`),
);

const SIZES = fc.oneof(fc.constantFrom(0, 1, 2047, 2048, 2049, 4096, 65_535), fc.nat({ max: 9000 }));

const CONTENT = fc
  .tuple(SIZES, fc.nat({ max: 255 }))
  .map(([size, seed]) => Uint8Array.from({ length: size }, (_, at) => (at * 31 + seed) & 0xff));

/** Paths that one volume can hold together: none is a directory of another. */
export function anyTree(): fc.Arbitrary<ReadonlyMap<string, Uint8Array>> {
  const path = fc.array(NAME.filter(isName), { minLength: 1, maxLength: 12 }).map((names) => names.join('/'));
  return fc.array(fc.tuple(path, CONTENT), { maxLength: 40 }).map((pairs) => withoutConflicts(pairs));
}

function isName(name: string): boolean {
  return (
    !/[/\0]/.test(name) &&
    name !== '.' &&
    name !== '..' &&
    name.isWellFormed() &&
    Buffer.byteLength(name) <= 255
  );
}

function withoutConflicts(
  pairs: readonly (readonly [string, Uint8Array])[],
): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const directories = new Set<string>();
  for (const [path, content] of pairs) {
    const above = path.split('/').map((_, at, names) => names.slice(0, at).join('/'));
    if (directories.has(path) || above.some((directory) => files.has(directory))) continue;
    for (const directory of above) directories.add(directory);
    files.set(path, content);
  }
  return files;
}
