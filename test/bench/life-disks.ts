// Disks of a running guest, by the engine and by libvirt alone: the same disk by the same XML on and off, and marks in the
// disks beside the snapshot that libvirt has a call for, which puts a file over each disk.
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MIB } from '../../src/base/index.ts';
import { devicesIn, disksIn, sourcePath } from '../../src/compute/disks/domain-disks.ts';
import type { Quiesce } from '../../src/compute/index.ts';
import { runProgram } from '../../src/hostlink/index.ts';
import { attributeOf, find, serializeXml } from '../../src/libvirt-xml/index.ts';
import { alternate, rowsOf, timesOf } from './alternate.ts';
import type { BareGuest } from './bare-guest.ts';
import { limited, type Measurement, median, timed } from './measure.ts';

const DISK_ROUNDS = 12;
const SNAPSHOT_ROUNDS = 8;
const BOTH = { live: true, config: true };

export async function measureDisks(guest: BareGuest): Promise<readonly Measurement[]> {
  const { compute, domain, id } = guest;
  const path = join(guest.world.stateDir, 'more.raw');
  await writeFile(path, '');
  await runProgram('truncate', ['-s', String(64 * MIB), path]);
  await chmod(path, 0o666);
  const source = { kind: 'file', path, format: 'raw' } as const;
  const { target } = await compute.disks.attach(id, { source });
  const { xml, alias } = await diskOf(guest, path);
  await compute.disks.detach(id, target);
  const isGone = (event: { readonly kind: string; readonly alias?: string }) =>
    event.kind === 'device-removed' && event.alias === alias;
  const sides = await alternate(
    DISK_ROUNDS,
    async () => ({
      attach: await timed(() => compute.disks.attach(id, { source })),
      detach: await timed(() => compute.disks.detach(id, target)),
    }),
    async () => ({
      attach: await timed(() => domain.attachDevice(xml, BOTH)),
      detach: await timed(() =>
        guest.until(
          (event) => isGone(event),
          () => domain.detachDevice(xml, BOTH),
        ),
      ),
    }),
  );
  const one = (name: string, what: string) => rowsOf(sides, { name, ours: what, bare: what });
  return [
    ...one('disk attach, against virDomainAttachDevice of the same XML', 'attach'),
    ...one('disk detach until the guest let it go, against virDomainDetachDevice until its event', 'detach'),
  ];
}

/** As the definition has it: what libvirt adds to a disk that is plugged in is not for plugging in. */
async function diskOf({ domain }: BareGuest, path: string): Promise<{ xml: string; alias: string }> {
  const devices = devicesIn(await domain.xml({ inactive: true }));
  const disk = disksIn(devices).find((each) => sourcePath(each) === path);
  const alias = attributeOf(disk === undefined ? undefined : find(disk, 'alias'), 'name');
  if (disk === undefined || alias === undefined) throw new Error(`the domain has no disk of ${path}`);
  return { xml: serializeXml(disk), alias };
}

export async function measureSnapshots(guest: BareGuest): Promise<readonly Measurement[]> {
  const { compute, id } = guest;
  const snapshot = async (quiesce: Quiesce) => {
    const ms = await timed(() => compute.snapshots.create(id, { name: 'bench', quiesce }));
    await compute.snapshots.remove(id, 'bench');
    return ms;
  };
  const sides = await alternate(
    SNAPSHOT_ROUNDS,
    async () => ({ plain: await snapshot('never'), frozen: await snapshot('try') }),
    async () => ({ external: await externalSnapshot(guest) }),
  );
  const name = 'snapshot of all disks, not frozen, against virDomainSnapshotCreateXML of the disks';
  const frozen = median(timesOf(sides.ours, 'frozen')) - median(timesOf(sides.ours, 'plain'));
  return [
    ...rowsOf(sides, { name, ours: 'plain', bare: 'external' }),
    limited('snapshot: what freezing and thawing take', { unit: 'ms', ours: frozen, goal: null }),
  ];
}

/** libvirt's own: a new file over the disk. It is put back into the disk afterwards. */
async function externalSnapshot(guest: BareGuest): Promise<number> {
  const { domain } = guest;
  const disks = disksIn(devicesIn(await domain.xml())).map((disk) => ({
    target: attributeOf(find(disk, 'target'), 'dev') ?? '',
    isWritten: find(disk, 'readonly') === undefined,
  }));
  const layer = ({ target }: { target: string }) => join(guest.world.stateDir, `${target}.layer`);
  const rows = disks.map((disk) =>
    disk.isWritten
      ? `<disk name='${disk.target}' snapshot='external'><source file='${layer(disk)}'/></disk>`
      : `<disk name='${disk.target}' snapshot='no'/>`,
  );
  const xml = `<domainsnapshot><disks>${rows.join('')}</disks></domainsnapshot>`;
  const options = { diskOnly: true, atomic: true, noMetadata: true };
  const ms = await timed(() => domain.snapshots.create(xml, options));
  for (const disk of disks.filter(({ isWritten }) => isWritten)) {
    const { target } = disk;
    await guest.until(
      (event) => event.kind === 'block-job' && event.status === 'ready',
      () => domain.block.commit(target, { active: true, shallow: true }),
    );
    await guest.until(
      (event) => event.kind === 'block-job' && event.status === 'completed',
      () => domain.block.abortJob(target, { pivot: true }),
    );
    await rm(layer(disk), { force: true });
  }
  return ms;
}
