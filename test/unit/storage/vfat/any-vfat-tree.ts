// Trees of files that VFAT can hold: deep and wide, with long, foreign and nearly equal names, empty files and large ones.
import fc from 'fast-check';

const NAME = fc
  .oneof(
    fc.constantFrom(
      'A',
      'b',
      'user_data',
      'user_date',
      'meta_data.json',
      'USER_D~1',
      '.hidden',
      'a.b.c',
      'x y',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    fc.nat({ max: 30 }).map((at) => `${'long-name-'.repeat(12)}${at}.conf`),
    fc.nat({ max: 250 }).map((length) => `n${'x'.repeat(length)}`),
  )
  .filter(isVfatName);

const SIZES = fc.oneof(fc.constantFrom(0, 1, 511, 512, 2047, 2048, 2049, 65_535), fc.nat({ max: 9000 }));

const CONTENT = fc
  .tuple(SIZES, fc.nat({ max: 255 }))
  .map(([size, seed]) => Uint8Array.from({ length: size }, (_, at) => (at * 31 + seed) & 0xff));

/** At most so many in the root that its 512 entries take them. */
export function anyVfatTree(): fc.Arbitrary<ReadonlyMap<string, Uint8Array>> {
  const path = fc.array(NAME, { minLength: 1, maxLength: 8 }).map((names) => names.join('/'));
  return fc.array(fc.tuple(path, CONTENT), { maxLength: 20 }).map((pairs) => withoutConflicts(pairs));
}

function isVfatName(name: string): boolean {
  return (
    name.isWellFormed() &&
    name.length <= 255 &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that VFAT forbids
    !/^ |[. ]$|[\x00-\x1f\x7f"*/:<>?\\|]/.test(name)
  );
}

function withoutConflicts(
  pairs: readonly (readonly [string, Uint8Array])[],
): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  /** Folded path → as it is written, and whether it is a file. */
  const seen = new Map<string, { readonly path: string; readonly isFile: boolean }>();
  for (const [path, content] of pairs) {
    const above = path.split('/').map((_, at, names) => names.slice(0, at).join('/'));
    const isClash = above.some((directory) => {
      const known = seen.get(directory.toUpperCase());
      return known !== undefined && (known.isFile || known.path !== directory);
    });
    if (isClash || seen.has(path.toUpperCase())) continue;
    for (const directory of above) seen.set(directory.toUpperCase(), { path: directory, isFile: false });
    seen.set(path.toUpperCase(), { path, isFile: true });
    files.set(path, content);
  }
  return files;
}
