// Manifests, read by what is loaded for them alone: the parser is not small.
import type { Manifest } from '../compute/index.ts';
import type { ManifestText } from './manifest/read-manifest.ts';

export type { ManifestText };

/** `read` gives a file's bytes, by its absolute path. Throws `MANIFEST_INVALID` with all mistakes of all files. */
export async function readManifest(
  texts: readonly ManifestText[],
  read: (path: string) => Promise<Buffer>,
): Promise<Manifest> {
  const { readManifest: readAll } = await import('./manifest/read-manifest.ts');
  return await readAll(texts, read);
}
