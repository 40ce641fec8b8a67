// The <domaincheckpoint> that begins with a backup: from it on, QEMU notes in a bitmap of each qcow2 disk what changes.
// Rules: libvirt, docs/formatcheckpoint.
import { type Element, element, textElement } from './element.ts';

/** `targets`: `vda` …; where some are named, libvirt leaves all others out. */
export function checkpointElement(name: string, targets: readonly string[]): Element {
  return element(
    'domaincheckpoint',
    {},
    textElement('name', name),
    element(
      'disks',
      {},
      targets.map((target) => element('disk', { name: target, checkpoint: 'bitmap' })),
    ),
  );
}
