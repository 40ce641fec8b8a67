// libvirt's version numbers in words.

/** 7002022 → `7.2.22`. */
export function versionText(version: number): string {
  return [Math.floor(version / 1e6), Math.floor(version / 1e3) % 1000, version % 1000].join('.');
}
