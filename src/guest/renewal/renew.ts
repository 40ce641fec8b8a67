// Makes a new instance of a copy of a guest: one program in the guest, all that is new on its standard input.
import { Fault } from '../../base/index.ts';
import { type Identity, renewalInput } from './identity.ts';
import type { RenewalOptions } from './prepare.ts';
import { Answers, linesOf, type RenewalAgent } from './renewal-agent.ts';
import { RENEW_SCRIPT } from './scripts.ts';

const RENEWAL_PARTS = [
  'clock',
  'hostname',
  'machine-id',
  'host-keys',
  'random',
  'labels',
  'logs',
  'services',
] as const;
/** `reseed`: of the kernel's random numbers. */
export type RenewalPart = (typeof RENEWAL_PARTS)[number] | 'reseed';

export interface Renewal {
  /** How the kernel's random numbers came to differ: it was told of the copy by itself, or ordered to take up the seed. */
  readonly reseed: 'vmgenid' | 'ioctl';
  /** What the guest has none of: a machine-id, host keys. */
  readonly absent: readonly RenewalPart[];
}

/** A second at most, and the guest may stand still on a busy host. */
const RENEW_TIMEOUT_MS = 60_000;

/**
 * Gives the guest its clock, hostname, machine-id, SSH host keys and random seeds, and starts anew what `prepareGuest`
 * stopped, without waiting for it. Works without a preparation, too. Throws what Agent.exec throws, `IDENTITY_INVALID`,
 * `RENEWAL_ANSWER_INVALID`, and `RENEWAL_INCOMPLETE` with the names of the parts in which it is still the one that it was
 * copied from: then it must not be used.
 */
export async function renewGuest(
  agent: RenewalAgent,
  identity: Identity,
  { timeoutMs = RENEW_TIMEOUT_MS, signal }: RenewalOptions = {},
): Promise<Renewal> {
  const stdin = renewalInput(identity, Date.now()).reveal();
  return readRenewal(agent, await linesOf(agent, RENEW_SCRIPT, { timeoutMs, stdin, signal }));
}

/** Reads what the script says. */
export function readRenewal(agent: RenewalAgent, lines: readonly string[]): Renewal {
  const answers = new Answers(agent, lines);
  const failed: RenewalPart[] = [];
  const absent: RenewalPart[] = [];
  for (const part of RENEWAL_PARTS) {
    const said = answers.take(part, ['done', 'failed', 'absent']);
    if (said === 'failed') failed.push(part);
    if (said === 'absent') absent.push(part);
  }
  const reseed = answers.take('reseed', ['vmgenid', 'ioctl', 'none']);
  answers.finish();
  if (reseed === 'none' || failed.length > 0)
    throw incomplete(agent, reseed === 'none' ? [...failed, 'reseed'] : failed);
  return { reseed, absent };
}

const WORDS: Readonly<Record<RenewalPart, string>> = {
  clock: 'clock',
  hostname: 'hostname',
  'machine-id': 'machine-id',
  'host-keys': 'SSH host keys',
  random: 'random seeds',
  labels: 'SELinux labels',
  logs: 'logs',
  services: 'services that hold its identity',
  reseed: "kernel's random numbers",
};

function incomplete({ peer }: RenewalAgent, failed: readonly RenewalPart[]): Fault {
  const what = failed.map((part) => WORDS[part]).join(', ');
  const forRandom = failed.includes('reseed')
    ? ' For random numbers it needs the VM generation ID (a kernel from 5.18 on, or its driver), or perl or python3.'
    : '';
  return new Fault('refused', 'RENEWAL_INCOMPLETE', `${peer} could not renew its ${what}`, {
    outcome: 'unknown',
    details: { parts: failed.join(',') },
    hint: `It shares them with what it was copied from: start it from a disk instead.${forRandom}`,
  });
}
