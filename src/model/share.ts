// A folder of the host that a guest may mount.

export const SHARE_DRIVERS = ['virtiofs', '9p'] as const;
export type ShareDriver = (typeof SHARE_DRIVERS)[number];

export interface Share {
  /** What the guest mounts: `mount -t virtiofs TAG DIRECTORY`. */
  readonly tag: string;
  /** Absolute, on the host. */
  readonly path: string;
  readonly driver: ShareDriver;
  readonly readOnly: boolean;
}
