// A grown disk inside its guest: found by what the agent tells of the guest's disks, then handed to the guest's own programs.
// The disk has grown by then, so what goes wrong in here is told and fails nothing.
import { asFault, isFault } from '../../base/index.ts';
import {
  type GrowStep,
  type GuestAnswer,
  growFilesystem,
  mapDisk,
  readDisks,
  readFilesystems,
} from '../../guest/index.ts';
import type { Instance } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import { execInGuest } from '../guest-actions.ts';
import { hostDisksIn } from '../host-disks.ts';
import type { Tools } from '../tools.ts';

/** A filesystem of many terabytes takes its time. */
const PROGRAM_TIMEOUT_MS = 600_000;
const OUTPUT_BYTES = 64 * 1024;

export interface GrownInside {
  readonly target: string;
  readonly sizeBytes: number;
}

export async function growInGuest(
  tools: Tools,
  instance: Instance,
  grown: GrownInside,
  options: ActOptions,
): Promise<readonly GrowStep[]> {
  const reach = {
    privilege: 'manage',
    what: 'growFilesystem',
    target: grown.target,
    guestUser: 'root',
  } as const;
  const grow = async () =>
    await tools.reaches.made(instance, reach, () => growSeen(tools, instance, grown, options));
  try {
    return await told(options, 'grow-inside', 'growing the filesystem in the guest', grow);
  } catch (error) {
    if (!isFault(error)) throw error;
    tools.log.info({ err: error, instance: instance.id }, 'a filesystem could not be grown');
    return [{ what: 'guest', name: instance.name, outcome: 'not-done', why: asFault(error).message }];
  }
}

async function growSeen(
  tools: Tools,
  instance: Instance,
  { target, sizeBytes }: GrownInside,
  { signal }: ActOptions,
): Promise<readonly GrowStep[]> {
  const agents = await tools.agents.get();
  const disks = await agents.use(instance, (agent) => readDisks(agent, { signal }));
  const domain = await tools.libvirt.domain(instance);
  const hostDisks = hostDisksIn(await domain.xml());
  const device = disks.find(
    ({ isPartition, address }) =>
      !isPartition && address !== undefined && mapDisk(address, hostDisks)?.target === target,
  );
  if (device === undefined) {
    const why = 'the guest shows no disk that is surely this one';
    return [{ what: 'disk', name: target, outcome: 'not-done', why }];
  }
  const guest = {
    disks,
    signal,
    filesystems: async () => await agents.use(instance, (agent) => readFilesystems(agent, { signal })),
    run: async (argv: readonly string[], stdin?: string) =>
      await run(tools, instance, { argv, stdin }, signal),
  };
  return await growFilesystem(guest, { device: device.name, sizeBytes });
}

async function run(
  tools: Tools,
  instance: Instance,
  { argv, stdin }: { readonly argv: readonly string[]; readonly stdin: string | undefined },
  signal: AbortSignal | undefined,
): Promise<GuestAnswer | undefined> {
  const request = {
    argv,
    timeoutMs: PROGRAM_TIMEOUT_MS,
    maxOutputBytes: OUTPUT_BYTES,
    ...(stdin === undefined ? {} : { stdin: Buffer.from(stdin) }),
  };
  try {
    const { exitCode, stdout, stderr } = await execInGuest(tools, instance, request, { signal });
    return { exitCode, stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8') };
  } catch (error) {
    if (isFault(error, 'EXEC_NOT_FOUND')) return undefined;
    throw error;
  }
}
