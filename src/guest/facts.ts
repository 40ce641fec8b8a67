// What the guest says of itself.
import type { AgentCaller } from './caller.ts';

/** guest-get-osinfo; the agent leaves out what it does not know. All of it is the guest's own claim. */
export interface OsInfo {
  readonly id?: string;
  readonly name?: string;
  readonly prettyName?: string;
  readonly version?: string;
  readonly versionId?: string;
  readonly machine?: string;
  readonly kernelRelease?: string;
  readonly kernelVersion?: string;
  readonly variant?: string;
  readonly variantId?: string;
}

const WIRE_NAMES: Readonly<Record<keyof OsInfo, string>> = {
  id: 'id',
  name: 'name',
  prettyName: 'pretty-name',
  version: 'version',
  versionId: 'version-id',
  machine: 'machine',
  kernelRelease: 'kernel-release',
  kernelVersion: 'kernel-version',
  variant: 'variant',
  variantId: 'variant-id',
};

/** Agent.osInfo. */
export async function readOsInfo(agent: AgentCaller): Promise<OsInfo> {
  const reply = await agent.call('guest-get-osinfo', undefined, { readOnly: true });
  const known: [string, string][] = [];
  for (const [key, wireName] of Object.entries(WIRE_NAMES)) {
    const value = reply.member(wireName).optional((place) => place.text(500));
    if (value !== undefined) known.push([key, value]);
  }
  return Object.fromEntries(known);
}

/** Agent.hostName. */
export async function readHostName(agent: AgentCaller): Promise<string> {
  const reply = await agent.call('guest-get-host-name', undefined, { readOnly: true });
  return reply.member('host-name').text(255);
}
