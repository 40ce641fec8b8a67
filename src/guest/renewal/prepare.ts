// Makes a template of a guest: takes out of it what its copies must not share. It is of no use as an instance afterwards.
import { Fault } from '../../base/index.ts';
import { HOST_KEY_TYPES, type HostKeyType } from './host-keys.ts';
import { Answers, linesOf, type RenewalAgent } from './renewal-agent.ts';
import { PREPARE_SCRIPT } from './scripts.ts';

const PREPARE_PARTS = [
  'services',
  'host-keys',
  'machine-id',
  'random',
  'leases',
  'cloud-init',
  'homes',
  'logs',
  'hostname',
  'caches',
] as const;
export type PreparePart = (typeof PREPARE_PARTS)[number];

/** What its copies will have to be given, and how they can be renewed. */
export interface PreparedGuest {
  /** Of the SSH host keys that were there. */
  readonly hostKeyTypes: readonly HostKeyType[];
  readonly hasSystemd: boolean;
  readonly hasCloudInit: boolean;
  /** The kernel is told of a copy by the VM generation ID, and reseeds its random numbers. */
  readonly hasVmGenId: boolean;
  /** What was removed is gone from the disk, too, where that takes discards. */
  readonly isTrimmed: boolean;
}

export interface RenewalOptions {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** It rotates a journal, reads all logs' names, trims and syncs. */
const PREPARE_TIMEOUT_MS = 180_000;

/**
 * Removes host keys, machine-id, random seeds, leases, cloud-init's data, authorized keys, histories and logs; stops what
 * holds some of it in memory until `renewGuest` starts it anew; then syncs and drops the page cache. Throws what Agent.exec
 * throws, `RENEWAL_ANSWER_INVALID`, and `PREPARATION_INCOMPLETE` with the names of the parts that could not be done.
 */
export async function prepareGuest(
  agent: RenewalAgent,
  { timeoutMs = PREPARE_TIMEOUT_MS, signal }: RenewalOptions = {},
): Promise<PreparedGuest> {
  return readPrepared(agent, await linesOf(agent, PREPARE_SCRIPT, { timeoutMs, signal }));
}

/** Reads what the script says. */
export function readPrepared(agent: RenewalAgent, lines: readonly string[]): PreparedGuest {
  const keyLine = /^host-key (\w+)$/;
  const types = new Set(lines.flatMap((line) => keyLine.exec(line)?.[1] ?? []));
  const answers = new Answers(
    agent,
    lines.filter((line) => !keyLine.test(line)),
  );
  const failed = PREPARE_PARTS.filter((part) => answers.take(part, ['done', 'failed']) === 'failed');
  const facts = {
    hasSystemd: answers.takeYes('has-systemd'),
    hasCloudInit: answers.takeYes('has-cloud-init'),
    hasVmGenId: answers.takeYes('has-vmgenid'),
    isTrimmed: answers.takeYes('trimmed'),
  };
  answers.finish();
  if (failed.length > 0) throw incomplete(agent, failed);
  return { hostKeyTypes: HOST_KEY_TYPES.filter((type) => types.has(type)), ...facts };
}

const WORDS: Readonly<Record<PreparePart, string>> = {
  services: 'stop its services',
  'host-keys': 'remove its SSH host keys',
  'machine-id': 'empty its machine-id',
  random: 'remove its random seeds',
  leases: 'remove its DHCP leases',
  'cloud-init': "remove cloud-init's data",
  homes: 'remove authorized keys and histories',
  logs: 'empty its logs',
  hostname: 'take back its hostname',
  caches: 'write everything to its disk',
};

function incomplete({ peer }: RenewalAgent, failed: readonly PreparePart[]): Fault {
  const what = failed.map((part) => WORDS[part]).join(', ');
  return new Fault('refused', 'PREPARATION_INCOMPLETE', `${peer} could not ${what}`, {
    outcome: 'unknown',
    details: { parts: failed.join(',') },
    hint: 'A file system of the guest may be full or read-only, or a file immutable. It is no template, and no instance any more.',
  });
}
