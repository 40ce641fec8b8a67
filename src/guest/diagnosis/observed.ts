// What was seen from outside and asked inside, as one value; diagnose.ts decides over it.
import type { UnusableCommand } from '../facts/gather.ts';
import type { ChannelState } from '../presence.ts';
import type { ConsoleSigns } from './boot-stage.ts';

/** How a guest-ping past all queues and breakers went. */
export type Probe =
  | { readonly kind: 'answered'; readonly ms: number }
  /** No answer in the time it was given. */
  | { readonly kind: 'silent'; readonly ms: number }
  /** libvirt refused at once to ask: it has given this agent up. */
  | { readonly kind: 'refused-at-once'; readonly ms: number }
  /** Somebody else's request held the agent, so that none was sent. */
  | { readonly kind: 'held'; readonly ms: number }
  /** It said something that is no answer. */
  | { readonly kind: 'nonsense'; readonly code: string; readonly message: string }
  | { readonly kind: 'not-tried' };

/** Whether the guest's SELinux confines what the agent starts. */
export interface Confinement {
  readonly enforcing: boolean;
  /** The context of what the agent executes, where it could be read. */
  readonly context: string | null;
  /** It could not execute anything, or what it executed could not read its own context. */
  readonly isExecDenied: boolean;
}

export interface Observed {
  /** The instance's name, for sentences and commands. */
  readonly name: string;
  /** libvirt's name for its domain. */
  readonly domainName: string;
  readonly domain: 'missing' | 'off' | 'running' | 'paused' | 'suspended' | 'crashed';
  /** Since the domain's last start; null when it is not known. */
  readonly upMs: number | null;
  /** The channel of the running domain. */
  readonly channel: ChannelState;
  /** Whether the domain will have a channel when it starts again. */
  readonly channelConfigured: boolean;
  /** Whether an agent was heard from since the domain started. */
  readonly wasSeen: boolean;
  readonly console: ConsoleSigns;
  readonly probe: Probe;
  /** From here on: only when the probe was answered. */
  readonly agentVersion: string | null;
  readonly frozen: boolean | null;
  readonly unusable: readonly UnusableCommand[];
  /** Commands that this product wants and the agent has not got. */
  readonly missing: readonly string[];
  /** guest-get-osinfo's `id`, which says where policies are kept. */
  readonly osId: string | null;
  readonly confinement: Confinement | null;
}
