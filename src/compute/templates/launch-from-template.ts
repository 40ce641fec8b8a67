// Compute.templates.launch: an instance that goes on from a template's memory, as somebody else. Where that fails it boots from
// the same disks, and whoever asked is told why.
import { asFault, Fault, type Secret, Undo } from '../../base/index.ts';
import type { Instance, Template } from '../../model/index.ts';
import { createInstanceDirectory } from '../../storage/index.ts';
import { checkCarried, plainPassword } from '../admin-password.ts';
import { checkPasswordCarried } from '../carrier.ts';
import { readInventories } from '../claims/read-inventories.ts';
import type { PreparedClone } from '../clone/plan-clone.ts';
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import { recordFailure } from '../failure-record.ts';
import { driveDocuments } from '../guest-documents.ts';
import { draftFor, guestInput, readGivenInput } from '../guest-input.ts';
import { requireService } from '../launch-checks.ts';
import { checkInstanceName } from '../names.ts';
import { findPlaces } from '../plan-ports.ts';
import { powerOn, pullThePlug } from '../power.ts';
import { defineAnew } from '../resize/steps.ts';
import { takeBack } from '../take-back.ts';
import type { Tools } from '../tools.ts';
import { type CloneFiles, makeCloneFiles, makeDisksAnew } from './clone-files.ts';
import { decideFromTemplate } from './decide-from-template.ts';
import { type GoingOn, goOnFromMemory } from './go-on-from-memory.ts';
import type { TemplateLaunched, TemplateLaunchRequest } from './requests.ts';
import { requireReady } from './verify-template.ts';

export async function launchFromTemplate(
  tools: Tools,
  ref: string,
  request: TemplateLaunchRequest,
  options: ActOptions,
): Promise<TemplateLaunched> {
  if (request.name !== undefined) checkInstanceName(request.name);
  const template = tools.store.templates.find(ref);
  const guest = guestOf(template);
  const draft = draftFor(readGivenInput({ ...request, image: guest.image.name }), guest.image);
  const secret = plainPassword(request, guest.image);
  checkCarried(secret, guest);
  const configDrive = guest.disks.some(({ role }) => role === 'config');
  checkPasswordCarried(guest.carrier, request, { configDrive });
  requireService(tools, guest.carrier);
  const prepared = await told(options, 'look-up', 'asking libvirt about this host', () =>
    prepare(tools, guest, request, options),
  );
  const { clone, input, lease } = tools.store.transaction(() => {
    const decided = decideFromTemplate(tools, template, request, prepared);
    const given = guestInput(draft, decided, null);
    tools.store.guestInputs.insert(decided.id, given);
    return {
      clone: decided,
      input: given,
      lease: tools.store.leases.acquire(`instance:${decided.id}`, 'launch'),
    };
  });
  try {
    const documents: CloneFiles['documents'] = (datasource) =>
      driveDocuments({ settings: tools.settings, instance: clone, input, ...carried(secret) }, datasource);
    const { cloudInit = 'rerun' } = request;
    return await build(tools, { template, clone, documents, cloudInit }, options);
  } finally {
    lease.release();
  }
}

function carried(adminPassword: Secret | undefined): { readonly adminPassword?: Secret } {
  return adminPassword === undefined ? {} : { adminPassword };
}

/** Throws `TEMPLATE_NOT_READY`. */
function guestOf(template: Template): Instance {
  requireReady(template);
  if (template.guest !== null) return template.guest;
  throw new Fault('internal', 'INTERNAL', `Template ${template.name} is ready, and has no guest`);
}

async function prepare(
  tools: Tools,
  source: Instance,
  request: TemplateLaunchRequest,
  { signal }: ActOptions,
): Promise<Omit<PreparedClone, 'name'>> {
  const { network, networks } = request;
  const wishes = {
    ...(network === undefined ? {} : { network }),
    ...(networks === undefined ? {} : { networks }),
  };
  const [facts, places, hugePages, inventories, connection] = await Promise.all([
    tools.host.facts(),
    findPlaces(tools, wishes, 'allocate', signal),
    tools.host.hugePages(),
    readInventories(tools),
    tools.libvirt.control(),
  ]);
  const domainNames = new Set((await connection.listDomains()).map(({ name }) => name));
  return { source, places, facts, pciDevices: [], hugePages, inventories, domainNames };
}

type Building = CloneFiles & GoingOn;

async function build(tools: Tools, files: Building, options: ActOptions): Promise<TemplateLaunched> {
  const { clone } = files;
  await using undo = new Undo((what, error) => {
    tools.log.warn({ err: error, instance: clone.id }, `could not ${what} after a failed launch`);
    recordFailure(tools, clone.id, error, 'The launch failed, and was not taken back whole: ');
  });
  undo.push('take the instance back', () => takeBack(tools, clone));
  await told(options, 'files', 'making its disks', async () => {
    await createInstanceDirectory(tools.paths.instances, clone.id);
    await makeCloneFiles(tools, files, options);
  });
  await told(options, 'define-domain', 'defining the domain', () => defineAnew(tools, clone));
  const why = await goOn(tools, files, options);
  if (why !== null) await bootInstead(tools, files, options);
  undo.keep();
  const instance = tools.store.instances.change(clone.id, (current) => ({
    ...current,
    vmState: 'active',
    taskState: null,
    launchedAt: new Date().toISOString(),
  }));
  return { instance, way: why === null ? 'memory' : 'cold', why };
}

/** What kept it from going on; null where nothing did. Throws only when the caller asks to stop. */
async function goOn(tools: Tools, files: Building, options: ActOptions): Promise<Fault | null> {
  const { template, clone } = files;
  try {
    await goOnFromMemory(tools, files, options);
    return null;
  } catch (error) {
    const fault = asFault(error);
    if (fault.kind === 'cancelled') throw fault;
    const facts = { err: fault, instance: clone.id, template: template.name };
    tools.log.warn(facts, "a guest does not go on from its template's memory: it boots");
    return fault;
  }
}

/** What the guest wrote meanwhile is gone with the overlays: nothing of a half renewed one is left. */
async function bootInstead(tools: Tools, files: CloneFiles, options: ActOptions): Promise<void> {
  const { clone } = files;
  const domain = await tools.libvirt.findDomain(clone);
  if (domain !== undefined) await pullThePlug(tools, clone, domain, options);
  await makeDisksAnew(tools, files, options);
  await defineAnew(tools, clone);
  await powerOn(tools, clone, options);
}
