export { type Checksum, type Digest, type HashAlgorithm, parseChecksum } from './checksum.ts';
export type { Compression } from './decompress.ts';
export type { ImageSource } from './expected-digest.ts';
export {
  type FetchedImage,
  type FetchOptions,
  type FetchProgress,
  type FetchRequest,
  fetchImage,
  parseImageSource,
} from './fetch-image.ts';
export { findResumableId, listParts, type Part, partPath, removePart } from './part-file.ts';
