// What a process that died left in the middle is finished or taken back, by whichever process comes next.
// A lease whose owner has ended marks the work; what to do follows from the record (crash only, docs/architecture.md).
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instance, PowerState } from '../model/index.ts';
import type { HeldLease } from '../store/index.ts';
import { SERVICE_LEASE } from './carrier.ts';
import { isSlotLease } from './claims/slots.ts';
import { recordFailure } from './failure-record.ts';
import { instancePaths } from './paths.ts';
import { powerStateOf } from './power-state.ts';
import { observedState } from './reconcile.ts';
import { REPAIRS } from './repairs.ts';
import type { Tools } from './tools.ts';

export type Repair =
  | { readonly kind: 'nothing' }
  /** Half built, or half deleted: remove all of it. */
  | { readonly kind: 'take-back' }
  /** Something was done to a whole instance: see in which state it is. */
  | { readonly kind: 'observe' };

/** Pure: what an abandoned lease on this record asks for. */
export function chooseRepair(instance: Instance | undefined): Repair {
  if (instance === undefined) return { kind: 'nothing' };
  if (instance.vmState === 'building' || instance.taskState === 'deleting') return { kind: 'take-back' };
  return { kind: 'observe' };
}

/** Repairs whatever dead processes left. Costs one query when there is nothing; never throws for a single repair. */
export async function recover(tools: Tools): Promise<void> {
  const dead = tools.store.leases.dead();
  for (const lease of dead.filter((each) => isLaneLease(each) || isSlotLease(each)))
    tools.store.leases.takeOver(lease, 'recover')?.release();
  const canRepairService = !dead.some(isServiceLease) || (await mayRepairService());
  const abandoned = dead.filter(
    (lease) => !isLaneLease(lease) && !isSlotLease(lease) && (canRepairService || !isServiceLease(lease)),
  );
  if (abandoned.length === 0) return;
  const canRepairInstances = !abandoned.some(needsLibvirt) || (await libvirtAnswers(tools));
  for (const lease of abandoned) {
    if (needsLibvirt(lease) && !canRepairInstances) continue; // still abandoned, for a command that reaches libvirt
    const held = tools.store.leases.takeOver(lease, 'recover');
    if (held !== undefined) await repair(tools, held); // otherwise another process was quicker
  }
  const { sweepTemporaries } = await import('../storage/index.ts'); // rarely needed, so not loaded by every command
  const { images, instances, templates, work } = tools.paths;
  for (const directory of [images, instances, templates, work]) await sweepTemporaries(directory);
  const bases = await tools.bases.get();
  await bases.sweep();
}

/** Who reached into a guest and died left no file and no half-done work here, only its port, which the next one takes. */
function isLaneLease({ key }: { readonly key: string }): boolean {
  return key.startsWith('lane:');
}

/** A domain may have to go. */
function needsLibvirt({ key }: { readonly key: string }): boolean {
  return key.startsWith('instance:') || key.startsWith('template:');
}

function isServiceLease({ key }: { readonly key: string }): boolean {
  return key === SERVICE_LEASE;
}

/** Rules of the firewall are root's; a command of anybody else leaves them to one that may. */
async function mayRepairService(): Promise<boolean> {
  const { mayChangeRules } = await import('../network/index.ts');
  return mayChangeRules();
}

/** "Could not look" says nothing about an instance: without libvirt none is judged, and none taken back by halves. */
async function libvirtAnswers(tools: Tools): Promise<boolean> {
  try {
    await tools.libvirt.control();
    return true;
  } catch (error) {
    tools.log.warn(
      { err: error },
      'libvirt does not answer: what processes left that died is repaired later',
    );
    return false;
  }
}

async function repair(tools: Tools, lease: HeldLease): Promise<void> {
  const [kind = '', id = ''] = lease.key.split(':');
  try {
    if (kind === 'instance') await repairInstance(tools, id);
    if (kind === 'image') await repairImage(tools, id);
    if (kind === 'template') {
      const { repairTemplate } = await import('./templates/repair-template.ts');
      await repairTemplate(tools, id);
    }
    if (isServiceLease(lease)) await repairMetadataService(tools);
  } catch (error) {
    tools.log.warn({ err: error, lease: lease.key }, 'could not repair what a process left that died');
    if (kind === 'instance')
      recordFailure(tools, id, error, 'Left half done by a process that died, and not repaired: ');
  } finally {
    lease.release();
  }
}

async function repairInstance(tools: Tools, id: string): Promise<void> {
  const instance = tools.store.instances.get(id);
  const chosen = chooseRepair(instance);
  if (instance === undefined || chosen.kind === 'nothing') return;
  tools.log.info(
    { instance: id, repair: chosen.kind },
    'repairing an instance that a process left in the middle',
  );
  if (chosen.kind === 'take-back') {
    const { takeBack } = await import('./take-back.ts');
    await takeBack(tools, instance);
    return;
  }
  const { sweepTemporaries } = await import('../storage/index.ts');
  await sweepTemporaries(instancePaths(tools.paths.instances, id).directory);
  const task = instance.taskState === null ? undefined : REPAIRS[instance.taskState];
  if (task !== undefined) await (await task())(tools, instance);
  const domain = await tools.libvirt.findDomain(instance);
  if (instance.adoption !== null && domain !== undefined) {
    const { markDomain } = await import('./adoption-mark.ts');
    await markDomain(tools, domain); // adopting may have stopped just before
  }
  const power: PowerState = await powerStateOf(domain);
  tools.store.instances.change(id, (current) => ({
    ...current,
    taskState: null,
    vmState: observedState(current, power),
  }));
}

/** Its rules would keep a later guest from an address that is in them. */
async function repairMetadataService({ store, paths }: Tools): Promise<void> {
  const { removeMetadataTraces } = await import('../network/index.ts');
  const ports = store.instances.list().flatMap((instance) => instance.ports);
  const bridges = ports.flatMap(({ binding }) => (binding.kind === 'network' ? [binding.bridge] : []));
  await removeMetadataTraces(paths.stateDir, [...new Set(bridges)]);
}

/** A stored file without a record is an image whose adding never ended. */
async function repairImage(tools: Tools, id: string): Promise<void> {
  if (tools.store.images.get(id) === undefined) await rm(join(tools.paths.images, id), { force: true });
}
