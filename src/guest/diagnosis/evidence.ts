// What was seen, in sentences. Nothing of the guest's own words is in them but a version and names of commands.
import type { Observed, Probe } from './observed.ts';

const CHANNELS = {
  absent: 'The running domain has no channel named org.qemu.guest_agent.0.',
  disconnected: 'libvirt sees the channel, and nobody in the guest holds it open.',
  connected: 'A process in the guest holds the channel open.',
  unknown: 'libvirt does not say whether the channel is open.',
} as const;

export function evidenceOf(observed: Observed): string[] {
  const { domain, upMs, channel, console, wasSeen } = observed;
  const lines = [
    `The domain is ${domain}${upMs === null ? '' : `, started ${Math.round(upMs / 1000)} s ago`}.`,
  ];
  if (domain !== 'running') return lines;
  lines.push(CHANNELS[channel], `The console's end shows: ${console.stage}.`);
  if (wasSeen && channel === 'disconnected') lines.push('An agent was heard from since the start.');
  const probe = probeWords(observed.probe);
  if (probe !== undefined) lines.push(probe);
  if (observed.probe.kind === 'answered') lines.push(...insideWords(observed));
  return lines;
}

function probeWords(probe: Probe): string | undefined {
  switch (probe.kind) {
    case 'answered':
      return `guest-ping was answered in ${Math.round(probe.ms)} ms.`;
    case 'silent':
      return `guest-ping had no answer in ${Math.round(probe.ms)} ms.`;
    case 'refused-at-once':
      return `libvirt refused guest-ping after ${Math.round(probe.ms)} ms, without waiting for the agent.`;
    case 'held':
      return `libvirt could not send guest-ping for ${Math.round(probe.ms)} ms: another request held the agent.`;
    case 'nonsense':
      return `What the agent was asked ended with ${probe.code}.`;
    case 'not-tried':
      return undefined;
    default:
      return probe satisfies never;
  }
}

function insideWords({ agentVersion, frozen, unusable, confinement }: Observed): string[] {
  const lines = [
    `The agent says it is version ${(agentVersion ?? 'unknown').replace(/[^\w.+~:-]/g, '?').slice(0, 50)}.`,
  ];
  if (frozen !== null) lines.push(`The filesystems are ${frozen ? 'frozen' : 'not frozen'}.`);
  const count = (by: string) => unusable.filter((command) => command.by === by).length;
  if (count('policy') > 0) lines.push(`${count('policy')} commands are switched off by the guest's policy.`);
  if (count('system') > 0) lines.push(`${count('system')} commands do not exist on this system.`);
  if (confinement !== null)
    lines.push(`SELinux is ${confinement.enforcing ? 'enforcing' : 'not enforcing'} in the guest.`);
  return lines;
}
