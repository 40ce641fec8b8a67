// What a guest shall be like, in words that need no knowledge of cloud-init.

/** Each left out changes nothing in the guest. docs/metadata.md has what each of them writes. */
export interface GuestWishes {
  /** A user beside the image's own, who may become root; gets the keys and the password of the launch. */
  readonly user?: string;
  /** The host name, where it shall not be made from the instance's name; with dots it is the whole one. */
  readonly hostname?: string;
  /** As the time zone database has it, for example `Europe/Berlin`. */
  readonly timezone?: string;
  /** For example `de_DE.UTF-8`. */
  readonly locale?: string;
  /** Names for the guest's own package manager, or absolute paths of package files in the guest. */
  readonly packages?: readonly string[];
  /** Commands for the guest's shell, run once as root at the end of the first boot, each in a shell of its own. */
  readonly run?: readonly string[];
  readonly writeFiles?: readonly WrittenFile[];
  /** Whether the root partition and its file system grow to the disk's size; the image decides when left out. */
  readonly growRoot?: boolean;
}

/** A file that the guest writes at its first boot, in place of one that is there. */
export interface WrittenFile {
  /** Absolute, in the guest. Folders above it are made. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Octal, for example `0600`; `0644` when left out. */
  readonly permissions?: string;
  /** `USER` or `USER:GROUP` by name; root when left out. */
  readonly owner?: string;
}

/** What has to be known of the guest to write for it. */
export interface WishedFor {
  /** The image's name. */
  readonly image: string;
  readonly isWindows: boolean;
  /** The image's `os_distro`. */
  readonly distro?: string | undefined;
}
