// What a door may ask of the images of this host.
import type { Image } from '../model/index.ts';
import type { ActOptions } from './compute.ts';

export interface Images {
  list(): Promise<readonly Image[]>;
  /** With the digest of one that was made here, which is read once for it. */
  show(ref: string): Promise<Image>;
  /** Stores a file or a URL as an image. Decompresses xz, gzip and zstd by content. */
  add(request: ImageAddRequest, options?: ActOptions): Promise<Image>;
  /** Adds a vendor's cloud image by its catalogue name, for example `debian:12`. */
  pull(catalogueName: string, options?: ActOptions & { readonly name?: string }): Promise<Image>;
  /** Builds a guest image from a recipe under templates/: `debian` or `minimal`. */
  build(recipe: string, options?: ActOptions & { readonly name?: string }): Promise<Image>;
  /** Changes what is known of an image. Instances that were made from it keep what they were launched with. */
  set(ref: string, changes: ImageChanges): Promise<Image>;
  /**
   * Another source under the same name: the old image stays until the new one is whole, and instances keep their disks.
   * Throws what `add` throws, and `IMAGE_IN_USE`.
   */
  replace(ref: string, request: ImageSource, options?: ActOptions): Promise<Image>;
  remove(ref: string): Promise<void>;
}

export type ImageSource = Omit<ImageAddRequest, 'name'>;

export interface ImageChanges {
  readonly minDiskGiB?: number;
  readonly minRamMiB?: number;
  /** Added, or put in place of older values. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Taken off, before others are added; one that is not there is fine. */
  readonly removeProperties?: readonly string[];
}

export interface ImageAddRequest {
  /** A path or an http(s) URL. */
  readonly source: string;
  /** From the file's name when left out. */
  readonly name?: string;
  /** `sha256:HEX`, `sha512:HEX`, or the URL of a checksum file. Of the source as it is fetched, before decompression. */
  readonly checksum?: string;
  /** Glance's disk_format; found out from the content when left out. */
  readonly diskFormat?: string;
  readonly minDiskGiB?: number;
  readonly minRamMiB?: number;
  readonly properties?: Readonly<Record<string, string>>;
}
