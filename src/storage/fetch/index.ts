import type { FetchedImage, FetchOptions, FetchRequest } from './fetch-image.ts';

export { type Checksum, type Digest, type HashAlgorithm, parseChecksum } from './checksum.ts';
export type { Compression } from './decompress.ts';
export type { FetchedImage, FetchOptions, FetchProgress, FetchRequest } from './fetch-image.ts';
export { type ImageSource, parseImageSource } from './image-source.ts';
export { findResumableId, listParts, type Part, partPath, removePart } from './part-file.ts';

/** `fetchImage` of fetch-image.ts, loaded when it is first called: most commands need no HTTP and no unpacker. */
export async function fetchImage(request: FetchRequest, options: FetchOptions = {}): Promise<FetchedImage> {
  const { fetchImage: fetchNow } = await import('./fetch-image.ts');
  return await fetchNow(request, options);
}
