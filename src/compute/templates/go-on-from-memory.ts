// A clone goes on from its template's memory: restored while it stands still, given its network cards and its config drive,
// woken, and made somebody else before anybody hears of it.
import { Fault } from '../../base/index.ts';
import { type Domain, openConnection } from '../../libvirt/index.ts';
import { type ClonedDisk, clonedDomainXml, find, parseXml, serializeXml } from '../../libvirt-xml/index.ts';
import { type Disk, type Instance, TEMPLATE_MEMORY, type Template } from '../../model/index.ts';
import { readSaveImage, type SaveImage } from '../../storage/index.ts';
import type { ActOptions } from '../compute.ts';
import { devicesIn, diskAt } from '../disks/domain-disks.ts';
import { withFile } from '../disks/media.ts';
import { domainXmlOf } from '../domain-of.ts';
import { told } from '../emit-step.ts';
import { configureInside } from '../interfaces/configure-inside.ts';
import { interfaceXml } from '../interfaces/interface-xml.ts';
import { inStage } from '../life/in-stage.ts';
import { diskPath, instancePaths } from '../paths.ts';
import { wakeNetworks } from '../power.ts';
import type { Tools } from '../tools.ts';
import { isConfigCd } from './capture-guest.ts';
import { beginCloudInit } from './cloud-init-again.ts';
import { identityFor, renewInside } from './inside.ts';
import { restoreClone } from './restore-clone.ts';
import { templateFile } from './template-paths.ts';
import { staleness } from './template-view.ts';

const PLUG_MS = 60_000;
const AGENT_MS = 30_000;
const LEAST_RESTORE_MS = 60_000;
/** 20 MiB a second, which is a slow disk. */
const RESTORE_PER_MIB_MS = 50;

interface Pair {
  readonly template: Template;
  readonly clone: Instance;
}

export interface GoingOn extends Pair {
  readonly cloudInit: 'rerun' | 'leave';
}

/** Its domain is defined and its files are there. After a failure it may run, and must not be used. */
export async function goOnFromMemory(tools: Tools, pair: GoingOn, options: ActOptions): Promise<void> {
  const { template, clone } = pair;
  const { signal } = options;
  const why = await staleness(tools, template);
  if (why !== null) throw stale(template, why);
  const identity = identityFor(template, clone); // an RSA key takes as long as the memory
  identity.catch(() => undefined); // thrown below, also where the memory fails first
  const domain = await told(options, 'memory', 'reading the memory', () => restore(tools, pair, signal));
  await told(options, 'plug', 'giving it its network cards and its config drive', () =>
    plug(tools, clone, domain, signal),
  );
  await told(options, 'renew', 'making it somebody else', async () => {
    await domain.resume();
    const agents = await tools.agents.get();
    await agents.waitFor(clone, { timeoutMs: AGENT_MS, signal });
    await renewInside(tools, clone, await identity, signal);
  });
  await told(options, 'configure', 'giving its network cards addresses', () =>
    configure(tools, clone, options),
  );
  if (template.inside?.hasCloudInit === true && pair.cloudInit === 'rerun')
    await beginCloudInit(tools, clone);
}

async function restore(
  tools: Tools,
  { template, clone }: Pair,
  signal: AbortSignal | undefined,
): Promise<Domain> {
  const image = await readSaveImage(templateFile(tools, template.id, TEMPLATE_MEMORY));
  const { domain: host } = await tools.host.facts();
  const context = { settings: tools.settings, instances: tools.paths.instances, host };
  const xml = cloneXml(tools, { template, clone }, image, domainXmlOf(clone, context));
  const { directory } = instancePaths(tools.paths.instances, clone.id);
  await using connection = await openConnection(tools.libvirt.uri); // others are not to wait behind it
  await restoreClone(connection, {
    image,
    xml,
    uuid: clone.id,
    directory,
    timeoutMs: LEAST_RESTORE_MS + RESTORE_PER_MIB_MS * clone.flavor.memoryMiB,
    signal,
  });
  return await tools.libvirt.domain(clone);
}

/** `definition`: of the clone as it starts the next time, whose metadata the running one has, too. */
function cloneXml({ paths }: Tools, { template, clone }: Pair, image: SaveImage, definition: string): string {
  const own = instancePaths(paths.instances, clone.id);
  const first = instancePaths(paths.instances, template.guest?.id ?? '');
  const metadata = find(parseXml(definition, "a domain's XML"), 'metadata');
  return clonedDomainXml(image.xml, {
    name: clone.domainName,
    uuid: clone.id,
    genid: clone.generationId ?? clone.id,
    metadata: metadata?.children.filter((child) => typeof child !== 'string') ?? [],
    disks: new Map(clone.disks.map((disk) => [disk.target, sourceOf(disk, diskPath(own, disk))])),
    files: new Map([
      [first.consoleLog, own.consoleLog],
      [first.kernel, own.kernel],
      [first.ramdisk, own.ramdisk],
    ]),
  });
}

/** The template's drive was empty; a medium is put in when the guest can see that it is another one. */
function sourceOf(disk: Disk, file: string): ClonedDisk | null {
  return isConfigCd(disk) ? null : { file, format: disk.format };
}

async function plug(
  tools: Tools,
  clone: Instance,
  domain: Domain,
  signal: AbortSignal | undefined,
): Promise<void> {
  await wakeNetworks(tools, clone, signal);
  const { domain: host } = await tools.host.facts();
  const context = { settings: tools.settings, instances: tools.paths.instances, host };
  const stage = { stage: `the devices of ${clone.name} to be plugged in`, timeoutMs: PLUG_MS, signal };
  await inStage(tools, clone, stage, async () => {
    for (const port of clone.ports)
      await domain.attachDevice(interfaceXml(clone, port, context), { live: true });
    const cds = clone.disks.filter(isConfigCd);
    if (cds.length === 0) return;
    const devices = devicesIn(await domain.xml());
    for (const disk of cds) {
      const drive = diskAt(devices, disk.target);
      const file = diskPath(instancePaths(tools.paths.instances, clone.id), disk);
      if (drive !== undefined)
        await domain.updateDevice(serializeXml(withFile(drive, file, disk.format)), { live: true });
    }
  });
}

/** A card without addresses is a card nevertheless: what came of it is in the log, as for one that is attached later. */
async function configure(tools: Tools, clone: Instance, options: ActOptions): Promise<void> {
  const awake: Instance = { ...clone, vmState: 'active', taskState: null }; // recorded when all is done
  for (const port of clone.ports) {
    if (port.addressing.length === 0) continue;
    const inside = await configureInside(tools, awake, port, options);
    if (inside.kind === 'failed')
      tools.log.warn({ err: inside.fault, instance: clone.id, mac: port.mac }, 'a card has no address yet');
  }
}

function stale({ name }: Template, why: string): Fault {
  return new Fault(
    'conflict',
    'TEMPLATE_STALE',
    `The memory of template ${name} does not fit this host: ${why}`,
    {
      hint: `Make it anew: novalet template remove ${name}, and create it again`,
      details: { template: name },
    },
  );
}
