// What a guest tells of itself, as a document. Every word of it is the guest's; the table lets no control through.
import { formatBytes } from '../../../base/index.ts';
import type { GuestFacts, GuestReport, Told } from '../../../compute/index.ts';
import type { Document } from '../../output.ts';
import { formatPairs } from '../../table.ts';
import { guestRecord } from './record.ts';
import { driftWords, routeWords } from './words.ts';

const NOTHING = '-';
/** A table is for reading: of long lists the beginning. */
const MOST_LINES = 40;

export function reportDocument(report: GuestReport): Document {
  return {
    data: guestRecord(report),
    text: () =>
      formatPairs([['name', report.instance.name], ...systemPairs(report.facts), ...partPairs(report)]),
  };
}

type Pair = readonly [string, string];

function systemPairs(facts: GuestFacts): Pair[] {
  return [
    ['os', told(facts.os, (os) => os.prettyName ?? os.name ?? os.id ?? NOTHING)],
    ['kernel', told(facts.os, (os) => [os.kernelRelease, os.machine].filter((word) => word).join(' '))],
    ['hostname', told(facts.hostName, (name) => name)],
    [
      'timezone',
      told(facts.timezone, ({ zone, offsetSeconds }) => `${zone ?? ''} ${offsetWords(offsetSeconds)}`.trim()),
    ],
    ['clock', told(facts.time, driftWords)],
    ['users', told(facts.users, (users) => lines(users.map(({ name, since }) => `${name} since ${since}`)))],
    [
      'load',
      told(facts.load, (load) =>
        [load.oneMinute, load.fiveMinutes, load.fifteenMinutes].map((value) => value.toFixed(2)).join(' '),
      ),
    ],
    [
      'cpus',
      told(facts.vcpus, (vcpus) => onlineWords(vcpus.filter(({ online }) => online).length, vcpus.length)),
    ],
    [
      'memory',
      told(
        facts.memory,
        ({ blockBytes, online, offline }) =>
          `${onlineWords(online, online + offline)} blocks of ${formatBytes(blockBytes)}`,
      ),
    ],
  ];
}

function partPairs({ facts, attachedDisks, attachedFilesystems }: GuestReport): Pair[] {
  const ours = (attached: GuestReport['attachedDisks'], guest: string) =>
    attached
      .filter((disk) => disk.guest === guest)
      .map(({ target, role }) => ` = ${target}${role === null ? '' : ` (${role})`}`)
      .join('');
  return [
    [
      'disks',
      told(facts.disks, (disks) => lines(disks.map(({ name }) => `${name}${ours(attachedDisks, name)}`))),
    ],
    [
      'filesystems',
      told(facts.filesystems, (list) =>
        lines(
          list.map(
            (fs) =>
              `${fs.mountpoint} ${fs.type} ${useWords(fs.usedBytes, fs.totalBytes)}${ours(attachedFilesystems, fs.mountpoint)}`,
          ),
        ),
      ),
    ],
    [
      'interfaces',
      told(facts.interfaces, (list) =>
        lines(
          list.map(({ name, mac, addresses }) =>
            [name, mac ?? '', ...addresses.map(({ address, prefix }) => `${address}/${prefix}`)].join(' '),
          ),
        ),
      ),
    ],
    ['routes', told(facts.routes, ({ routes }) => lines(routes.map(routeWords)))],
    ['agent', facts.agentVersion],
    ['frozen', told(facts.frozen, (isFrozen) => (isFrozen ? 'yes' : 'no'))],
    ['unusable', lines(facts.unusable.map(({ name, by }) => `${name} (${BY[by]})`))],
  ];
}

const BY = {
  policy: "the guest's policy",
  frozen: 'until the thaw',
  system: 'not on this system',
} as const;

function told<T>(part: Told<T>, words: (value: T) => string): string {
  return part.known ? words(part.value) || NOTHING : `unknown: ${part.why} [${part.code}]`;
}

function lines(list: readonly string[]): string {
  const plain = list.slice(0, MOST_LINES).map((line) => line.replaceAll(/\s+/g, ' '));
  const rest = list.length - plain.length;
  return [...plain, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n');
}

function onlineWords(online: number, all: number): string {
  return online === all ? `${all}` : `${online} of ${all} online:`;
}

function useWords(used: number | undefined, total: number | undefined): string {
  if (used === undefined || total === undefined || total === 0) return NOTHING;
  return `${formatBytes(used)} of ${formatBytes(total)} (${Math.round((used / total) * 100)}%)`;
}

function offsetWords(seconds: number): string {
  const minutes = Math.round(Math.abs(seconds) / 60);
  const pad = (value: number) => String(value).padStart(2, '0');
  return `UTC${seconds < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}
