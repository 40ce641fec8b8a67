// The <domainbackup> of a push: QEMU writes a copy of disks into files as they were when it began.
// Rules: libvirt, docs/formatbackup.
import { type Element, element } from './element.ts';

export interface PushedDisk {
  /** `vda` … */
  readonly target: string;
  /** Absolute; made by libvirt for QEMU's user, who must get through to its directory. */
  readonly file: string;
  readonly format: 'qcow2' | 'raw';
  /** A checkpoint of the domain: only what changed from there on. All of the disk when left out. */
  readonly since?: string | undefined;
}

/** Disks that are not named are left out. */
export function pushBackupElement(disks: readonly PushedDisk[]): Element {
  const copies = disks.map(({ target, file, format, since }) =>
    element(
      'disk',
      {
        name: target,
        backup: 'yes',
        type: 'file',
        backupmode: since === undefined ? undefined : 'incremental',
        incremental: since,
      },
      element('driver', { type: format }),
      element('target', { file }),
    ),
  );
  return element('domainbackup', { mode: 'push' }, element('disks', {}, copies));
}
