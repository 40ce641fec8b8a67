// A shared folder as programs get it, and how a guest mounts it.
import type { Share } from '../model/index.ts';

export function shareRecord({ tag, path, driver, readOnly }: Share) {
  return { tag, path, driver, read_only: readOnly };
}

/** What to type in the guest. */
export function mountLine({ tag, driver }: Share): string {
  return driver === 'virtiofs'
    ? `mount -t virtiofs ${tag} /mnt`
    : `mount -t 9p -o trans=virtio,version=9p2000.L ${tag} /mnt`;
}

/** `data /srv/data (virtiofs)`. */
export function shareWords({ tag, path, driver, readOnly }: Share): string {
  return `${tag} ${path} (${driver}${readOnly ? ', read only' : ''})`;
}
