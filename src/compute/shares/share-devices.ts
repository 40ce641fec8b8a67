// Shared folders in a domain. Pure. Rules: https://libvirt.org/formatdomain.html#filesystems
import { type Device, element, type MemoryBacking } from '../../libvirt-xml/index.ts';
import type { Share } from '../../model/index.ts';

export function shareDevices(shares: readonly Share[]): readonly Device[] {
  return shares.map((share) => ({ kind: 'raw', element: shareElement(share) }));
}

/**
 * 9p: `mapped` keeps owners and modes that a guest sets in attributes beside the files, which are the QEMU user's for the host:
 * no guest makes a program of root's. virtiofs knows no other mode than `passthrough`.
 */
function shareElement({ tag, path, driver, readOnly }: Share) {
  const isVirtiofs = driver === 'virtiofs';
  return element(
    'filesystem',
    isVirtiofs
      ? { type: 'mount', accessmode: 'passthrough' }
      : { type: 'mount', accessmode: 'mapped', multidevs: 'remap' },
    element('driver', { type: isVirtiofs ? 'virtiofs' : 'path' }),
    element('source', { dir: path }),
    element('target', { dir: tag }),
    readOnly && element('readonly'),
  );
}

/** virtiofsd reads and writes the guest's memory itself. */
export function withSharedMemory(
  backing: MemoryBacking | null,
  shares: readonly Share[],
): MemoryBacking | null {
  if (!shares.some(({ driver }) => driver === 'virtiofs')) return backing;
  return { hugePages: [], sharesPages: true, locked: false, ...backing, isShared: true };
}
