// A new instance like another one. The first is held all the while, so that nobody changes its disks under the copy; the
// clone is a build like any other: a failure takes it back, and so does the next command after a kill.
import { randomBytes } from 'node:crypto';
import { Undo } from '../../base/index.ts';
import { RANDOM_SEED_BYTES } from '../../metadata/index.ts';
import type { Instance, Port } from '../../model/index.ts';
import { createInstanceDirectory } from '../../storage/index.ts';
import { readInventories } from '../claims/read-inventories.ts';
import type { ActOptions } from '../compute.ts';
import { recordFailure } from '../failure-record.ts';
import { noGuestInput } from '../guest-input.ts';
import { holdInstance } from '../holding.ts';
import { checkInstanceName } from '../names.ts';
import { findPlaces } from '../plan-ports.ts';
import { powerOn } from '../power.ts';
import { defineAnew, inStep, isOn } from '../resize/steps.ts';
import { requireOwn } from '../state-conflict.ts';
import { takeBack } from '../take-back.ts';
import type { Tools } from '../tools.ts';
import { makeCloneFiles } from './clone-files.ts';
import { clonedNetworks } from './cloned-networks.ts';
import { decideClone, type PreparedClone } from './plan-clone.ts';
import type { Cloned, CloneRequest } from './requests.ts';

export async function cloneInstance(
  tools: Tools,
  ref: string,
  request: CloneRequest,
  options: ActOptions,
): Promise<Cloned> {
  checkInstanceName(request.name);
  using held = await holdInstance(tools, ref, 'clone', { state: 'cloning', ...options });
  const source = held.instance;
  requireOwn(source, 'clone');
  const prepared = await prepare(tools, source, request, options);
  const { clone, lease } = tools.store.transaction(() => {
    const decided = decideClone(tools, prepared);
    const given = tools.store.guestInputs.get(source.id) ?? noGuestInput();
    // two guests with one seed would make the same keys
    tools.store.guestInputs.insert(decided.id, { ...given, randomSeed: randomBytes(RANDOM_SEED_BYTES) });
    return { clone: decided, lease: tools.store.leases.acquire(`instance:${decided.id}`, 'clone') };
  });
  try {
    return await build(tools, source, { clone, isStarted: request.start !== false }, options);
  } finally {
    lease.release();
  }
}

async function prepare(
  tools: Tools,
  source: Instance,
  request: CloneRequest,
  options: ActOptions,
): Promise<PreparedClone> {
  const facts = await tools.host.facts();
  const { addresses } = tools.store;
  const isKept = ({ mac }: Port) => addresses.isKept(mac);
  const networks = request.networks ?? clonedNetworks(source, tools.settings.networkName, isKept);
  const places = await findPlaces(tools, { networks, links: source.links }, 'allocate', options.signal);
  const wantsPci = source.flavor.extraSpecs['pci_passthrough:alias'] !== undefined;
  const domains = await (await tools.libvirt.control()).listDomains();
  return {
    source,
    name: request.name,
    places,
    facts,
    pciDevices: wantsPci ? await tools.host.pciDevices() : [],
    hugePages: await tools.host.hugePages(),
    inventories: await readInventories(tools),
    domainNames: new Set(domains.map(({ name }) => name)),
  };
}

async function build(
  tools: Tools,
  source: Instance,
  { clone, isStarted }: { readonly clone: Instance; readonly isStarted: boolean },
  options: ActOptions,
): Promise<Cloned> {
  await using undo = new Undo((what, error) => {
    tools.log.warn({ err: error, instance: clone.id }, `could not ${what} after a failed clone`);
    recordFailure(tools, clone.id, error, 'The clone failed, and was not taken back whole: ');
  });
  undo.push('take the instance back', () => takeBack(tools, clone));
  await createInstanceDirectory(tools.paths.instances, clone.id);
  const pair = { source, clone, isOn: await isOn(tools, source) };
  const copied = await tools.slots.run('snapshots', () => makeCloneFiles(tools, pair, options), options);
  await inStep(options, 'define-domain', () => defineAnew(tools, clone));
  if (isStarted) await powerOn(tools, clone, options);
  undo.keep();
  const instance = tools.store.instances.change(clone.id, (current) => ({
    ...current,
    vmState: isStarted ? 'active' : 'stopped',
    taskState: null,
    launchedAt: isStarted ? new Date().toISOString() : null,
  }));
  return { instance, ...copied };
}
