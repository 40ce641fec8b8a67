// The catalogue as it is written: YAML of a fixed shape. Loaded only by who pulls an image, since the parser is not small.
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { Fault } from '../../base/index.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9.:_-]*$/);
/** Below a mirror's address: no way up, no other host. */
const relative = z.string().regex(/^(?!\/)(?!.*\.\.)[\w./-]+$/);
const build = z.strictObject({ file: relative, checksums: relative });

const document = z.strictObject({
  version: z.literal(1),
  mirrors: z.record(name, z.url({ protocol: /^https?$/ })),
  images: z.array(
    z.strictObject({
      name,
      aliases: z.array(name).default([]),
      mirror: name,
      properties: z.record(z.string(), z.string()).default({}),
      builds: z.record(z.string(), build),
    }),
  ),
});

export type CatalogueDocument = z.infer<typeof document>;

/** Reads the text of a catalogue; `path` is what messages call it. Throws `CATALOGUE_INVALID`. */
export function parseCatalogue(text: string, path: string): CatalogueDocument {
  const read = document.safeParse(parseYaml(text, path));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw invalid(path, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const seen = new Set<string>();
  for (const image of read.data.images) {
    if (read.data.mirrors[image.mirror] === undefined)
      throw invalid(path, `${image.name} names no mirror of the list`);
    for (const word of [image.name, ...image.aliases]) {
      if (seen.has(word)) throw invalid(path, `"${word}" stands for two images`);
      seen.add(word);
    }
  }
  return read.data;
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
