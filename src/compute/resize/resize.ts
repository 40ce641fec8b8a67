// Another flavor for an instance, with a way back. From the moment on that place and devices are chosen, the record has the
// new flavor and, in `resize`, the old one: so both are held, and what a killed process left follows from the record.
import { asFault, Fault } from '../../base/index.ts';
import type { Flavor, Instance } from '../../model/index.ts';
import { createRootOverlay } from '../../storage/index.ts';
import { requireRoom } from '../claims/claim.ts';
import { readInventories } from '../claims/read-inventories.ts';
import { recordFailure } from '../failure-record.ts';
import { heldDevices } from '../held-devices.ts';
import { holdInstance } from '../holding.ts';
import { makeMissingFiles } from '../make-files.ts';
import { hostRoom } from '../numa/host-room.ts';
import { diskPath, instancePaths } from '../paths.ts';
import { powerOff, powerOn } from '../power.ts';
import { requireOwn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import { goBack } from './go-back.ts';
import { keptDirectory, putAside } from './kept-files.ts';
import { planResize } from './plan-resize.ts';
import type { ResizeOptions, ResizeRequest } from './requests.ts';
import { goesOn, isReplaced } from './resized-disks.ts';
import { defineAnew, inStep, isOn, setTask } from './steps.ts';

export async function resizeInstance(
  tools: Tools,
  ref: string,
  request: ResizeRequest,
  options: ResizeOptions,
): Promise<void> {
  const flavor = tools.store.flavors.get(request.flavor);
  using held = await holdInstance(tools, ref, 'resize', { state: 'resize_prep', ...options });
  requireOwn(held.instance, 'resize');
  requireNoSnapshots(tools, held.instance);
  const planned = await inStep(options, 'choose-size', () => decide(tools, held.instance, flavor));
  try {
    await carryOut(tools, planned, options);
  } catch (error) {
    await takeBack(tools, planned, error);
    throw error;
  }
}

/** They are kept in the disks that a confirmed resize removes. */
function requireNoSnapshots({ store }: Tools, { id, name }: Instance): void {
  const names = store.diskSnapshots.ofInstance(id).map((snapshot) => snapshot.name);
  if (names.length === 0) return;
  throw new Fault(
    'conflict',
    'RESIZE_HAS_SNAPSHOTS',
    `Instance ${name} has disk snapshots, which a resize would lose: ${names.join(', ')}`,
    { hint: `Remove them first: novalet snapshot remove ${name} ${names[0] ?? 'SNAPSHOT'}` },
  );
}

/** Chooses and records in one transaction, so that no launch takes the same place meanwhile. */
async function decide(tools: Tools, { id, image }: Instance, flavor: Flavor): Promise<Instance> {
  const facts = await tools.host.facts();
  const hugePages = await tools.host.hugePages();
  const inventories = await readInventories(tools);
  const wantsPci = flavor.extraSpecs['pci_passthrough:alias'] !== undefined;
  const pciDevices = wantsPci ? await tools.host.pciDevices() : [];
  const { store, settings } = tools;
  return store.transaction(() => {
    const all = store.instances.list();
    // what it has itself it may have again: only one of the two sizes runs at a time
    const others = all.filter((instance) => instance.id !== id);
    const room = {
      cells: facts.cells,
      hugePages,
      dedicatedSet: settings.cpuDedicatedSet,
      sharedSet: settings.cpuSharedSet,
      instances: others,
    };
    const planned = planResize(store.instances.find(id), flavor, {
      settings,
      instances: tools.paths.instances,
      host: facts.domain,
      hostMemoryMiB: facts.memoryMiB,
      limits: facts.limits,
      pci: { devices: pciDevices, held: heldDevices(others) },
      hostCells: facts.cells,
      numaRoom: () => hostRoom(room),
      image: store.images.get(image.id) ?? null,
      at: new Date().toISOString(),
    });
    requireRoom(inventories, all, planned);
    store.instances.update(planned);
    return planned;
  });
}

async function carryOut(tools: Tools, planned: Instance, options: ResizeOptions): Promise<void> {
  if (await isOn(tools, planned)) await inStep(options, 'shut-down', () => powerOff(tools, planned, options));
  setTask(tools, planned, 'resize_migrating');
  await makeDisks(tools, planned, options);
  setTask(tools, planned, 'resize_finish');
  await finishResize(tools, planned, options);
}

/** Old disks go aside, and what goes on lies over them: nothing is copied. */
async function makeDisks(tools: Tools, planned: Instance, options: ResizeOptions): Promise<void> {
  const paths = instancePaths(tools.paths.instances, planned.id);
  const old = planned.resize?.disks ?? [];
  const aside = old.filter(isReplaced);
  await inStep(options, 'keep-disks', () =>
    putAside(
      paths.directory,
      aside.map(({ fileName }) => fileName),
    ),
  );
  await inStep(options, 'grow-disks', async () => {
    for (const disk of planned.disks) {
      const before = aside.find(({ fileName }) => fileName === disk.fileName);
      if (before === undefined || !goesOn(before)) continue;
      const base = {
        path: diskPath({ ...paths, directory: keptDirectory(paths.directory) }, before),
        format: before.format,
        virtualSizeBytes: before.sizeBytes,
      };
      await createRootOverlay(diskPath(paths, disk), base, disk.sizeBytes, options.signal);
    }
    await makeMissingFiles(tools, planned, options);
  });
}

/** Also where a process died after all files were made. */
export async function finishResize(tools: Tools, planned: Instance, options: ResizeOptions): Promise<void> {
  await inStep(options, 'define-domain', () => defineAnew(tools, planned));
  if (planned.resize?.wasRunning === true && !(await isOn(tools, planned)))
    await powerOn(tools, planned, options);
  tools.store.instances.change(planned.id, (current) => ({
    ...current,
    vmState: 'resized',
    taskState: null,
    fault: null,
  }));
}

/** A way back that fails too leaves the instance in error, and the next try to `reboot --hard` or `delete`. */
async function takeBack(tools: Tools, planned: Instance, error: unknown): Promise<void> {
  tools.log.warn({ err: asFault(error), instance: planned.id }, 'a resize failed and is taken back');
  try {
    await goBack(tools, tools.store.instances.find(planned.id), {});
  } catch (failure) {
    tools.log.warn({ err: failure, instance: planned.id }, 'a resize could not be taken back');
    recordFailure(tools, planned.id, failure, 'A resize failed, and was not taken back whole: ');
  }
}
