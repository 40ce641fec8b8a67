// How a guest comes by its agent: decided from the request, the image, the guest's hardware and the host. Pure.
import { Fault, isFault } from '../base/index.ts';
import type { AgentConfig } from '../metadata/index.ts';
import {
  type AgentWay,
  agentProperty,
  type Carrier,
  type Disk,
  type Image,
  imageProperties,
} from '../model/index.ts';
import type { LaunchRequest } from './compute.ts';
import type { Settings } from './settings.ts';

export interface AgentWishes {
  readonly way: AgentWay;
  /** The launch itself wants this way, and fails where it cannot be gone. */
  readonly isAsked: boolean;
  /** The image says that it has one. */
  readonly isInstalled: boolean;
  /** What the image forbids its agent stays forbidden. */
  readonly keepBlocks: boolean;
}

/** What of the guest and the host decides whether there is a drive. */
export interface AgentFacts {
  /** The guest's. */
  readonly arch: string;
  /** Of the host's own agent; null where it has none, or where nobody looked. */
  readonly hostAgentArch: string | null;
  /** Whether anything carries vendor data into the guest. */
  readonly hasCarrier: boolean;
  readonly hasNetwork: boolean;
}

/**
 * The launch wins over `novalet_agent` of the image, that over `hw_qemu_guest_agent`, and all over the configuration. A guest without the agent's port, or
 * with Windows, is left as it is. Throws `AGENT_UNSUPPORTED` where it was asked for all the same, and `IMAGE_PROPERTY_INVALID`.
 */
export function agentWishes(
  request: Pick<LaunchRequest, 'agent' | 'keepAgentBlocks'>,
  { name, properties }: Pick<Image, 'name' | 'properties'>,
  { agentWay }: Pick<Settings, 'agentWay'>,
): AgentWishes {
  const word = agentProperty(properties);
  const hasPort = imageProperties(properties).hw_qemu_guest_agent;
  const isAsked = request.agent === 'drive' || request.agent === 'packages';
  const keepBlocks = request.keepAgentBlocks ?? false;
  const why =
    hasPort === false
      ? 'has hw_qemu_guest_agent=no, and so no port for an agent'
      : properties['os_type'] === 'windows'
        ? 'is of Windows, to which novalet brings no agent'
        : undefined;
  if (why !== undefined && isAsked) throw unsupported(`Image ${name} ${why}`);
  const isInstalled = word === 'installed' || (word === undefined && hasPort === true);
  const unsaid = isInstalled && agentWay !== 'none' ? 'auto' : agentWay;
  const ofImage = word === undefined || word === 'installed' ? unsaid : word;
  return {
    way: why === undefined ? (request.agent ?? ofImage) : 'none',
    isAsked,
    isInstalled,
    keepBlocks,
  };
}

/** Whether the host is to be asked for its agent. */
export function looksForHostAgent({ way, isInstalled }: AgentWishes): boolean {
  return way === 'drive' || (way === 'auto' && !isInstalled);
}

/** Throws `AGENT_UNSUPPORTED` or `AGENT_NEEDS_NETWORK` where a way was asked for and cannot be gone. */
export function wantsAgentDrive(wishes: AgentWishes, facts: AgentFacts): boolean {
  const { way, isAsked, isInstalled } = wishes;
  const { arch, hostAgentArch, hasCarrier, hasNetwork } = facts;
  if (way === 'packages' && isAsked && !hasNetwork) throw needsNetwork();
  if (way === 'packages' && isAsked && !hasCarrier) {
    throw unsupported('A package is to be installed, and nothing carries vendor data into the guest');
  }
  if (!looksForHostAgent(wishes)) return false;
  if (isAsked && hostAgentArch !== arch) {
    throw unsupported(`The agent of this host is for ${hostAgentArch}, and the guest is ${arch}`);
  }
  return hostAgentArch === arch && (hasCarrier || isAsked) && (way === 'drive' || !isInstalled);
}

/** EC2's service has no vendor data. */
export function carriesVendorData(carrier: Carrier | null): boolean {
  return carrier?.service === 'openstack' || carrier?.service === 'nocloud-net';
}

/** The disks with the drive; without it where nobody asked for it and IDE has no place left. */
export function disksWithAgent(
  { isAsked }: AgentWishes,
  layout: (agentDrive: boolean) => readonly Disk[],
): readonly Disk[] {
  try {
    return layout(true);
  } catch (error) {
    if (isAsked || !isFault(error, 'DISK_BUS_FULL')) throw error;
    return layout(false);
  }
}

/** What the guest is told; null where it is left as it is. */
export function agentConfig(
  { way, isInstalled, keepBlocks }: AgentWishes,
  { disks, ports }: { readonly disks: readonly Disk[]; readonly ports: readonly unknown[] },
): AgentConfig | null {
  if (way === 'none') return null;
  const hasDrive = disks.some(({ role }) => role === 'agent');
  const fetches = ports.length > 0 && way !== 'drive' && (way === 'packages' || !isInstalled);
  const from = fetches ? (hasDrive ? 'packages-then-drive' : 'packages') : hasDrive ? 'drive' : 'none';
  return { from, keepBlocks };
}

function unsupported(message: string): Fault {
  return new Fault('unsupported', 'AGENT_UNSUPPORTED', message, {
    hint: 'Leave --agent out, or launch with --no-agent.',
  });
}

function needsNetwork(): Fault {
  return new Fault(
    'invalid',
    'AGENT_NEEDS_NETWORK',
    'A package is to be fetched, and the guest has no network',
    {
      hint: 'Launch with --agent drive, which needs none.',
    },
  );
}
