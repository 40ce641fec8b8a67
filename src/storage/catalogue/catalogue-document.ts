// The catalogue as it is written: YAML of a fixed shape. Loaded only by who pulls an image, since the parser is not small.
import { parse, YAMLParseError } from 'yaml';
import {
  anExactObject,
  aString,
  aStringLike,
  Fault,
  listOf,
  mapOf,
  oneOf,
  orElse,
  Place,
  type Shape,
  type ShapeOf,
} from '../../base/index.ts';

const name = aStringLike(/^[a-z0-9][a-z0-9.:_-]*$/, 'is not a name of small letters, digits and . : _ -');
/** Below a mirror's address: no way up, no other host. */
const relative = aStringLike(/^(?!\/)(?!.*\.\.)[\w./-]+$/, 'is not a path below the mirror');
const webAddress: Shape<string> = (value, at) => {
  const text = aString(value, at);
  return /^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text : at.refuse('is not an http(s) address');
};

const document = anExactObject({
  version: oneOf(1),
  mirrors: mapOf(webAddress, name),
  images: listOf(
    anExactObject({
      name,
      aliases: orElse(listOf(name), []),
      mirror: name,
      properties: orElse(mapOf(aString), {}),
      builds: mapOf(anExactObject({ file: relative, checksums: relative })),
    }),
  ),
});

export type CatalogueDocument = ShapeOf<typeof document>;

/** Reads the text of a catalogue; `path` is what messages call it. Throws `CATALOGUE_INVALID`. */
export function parseCatalogue(text: string, path: string): CatalogueDocument {
  const root = new Place('', (key, problem) => invalid(path, `${key === '' ? 'it' : key} ${problem}`));
  const read = document(parseYaml(text, path), root);
  const seen = new Set<string>();
  for (const image of read.images) {
    if (!Object.hasOwn(read.mirrors, image.mirror))
      throw invalid(path, `${image.name} names no mirror of the list`);
    for (const word of [image.name, ...image.aliases]) {
      if (seen.has(word)) throw invalid(path, `"${word}" stands for two images`);
      seen.add(word);
    }
  }
  return read;
}

function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw invalid(path, error.message.split('\n')[0] ?? '');
  }
}

function invalid(path: string, why: string): Fault {
  return new Fault('invalid', 'CATALOGUE_INVALID', `The image catalogue ${path} cannot be read: ${why}`, {
    hint: 'Compare it with templates/catalogue.yaml of the package.',
  });
}
