// How far cloud-init is in a guest: what `cloud-init status` says, in each of its forms. Pure: text in, a value out.
// Sources: cloud-init, "cloud-init status"; its forms of 18.2 to 22.3 (text), 22.4 (JSON) and 23.4 (JSON with stages).
import {
  anObject,
  aString,
  Fault,
  listOf,
  mapOf,
  optional,
  orElse,
  orNull,
  Place,
  type Shape,
} from '../../base/index.ts';

/** `degraded`: it is done, and warned of something. */
export type CloudInitState = 'done' | 'degraded' | 'error' | 'running' | 'not-started' | 'disabled';

export interface CloudInitStatus {
  readonly state: CloudInitState;
  /** In cloud-init's own words: `degraded done`, `error - running`. */
  readonly said: string;
  /** `configdrive`, `nocloud`, `openstack` …; null before there is one. */
  readonly datasource: string | null;
  /** The datasource and where it was found, or in which stage cloud-init is. */
  readonly detail: string;
  /** Why it runs at all, or does not: `enabled-by-generator` …; null where it does not say. */
  readonly bootStatus: string | null;
  readonly lastUpdate: string | null;
  /** In the order in which they run; empty where nothing is known of them. */
  readonly stages: readonly CloudInitStage[];
  readonly errors: readonly string[];
  readonly recoverableErrors: readonly RecoverableErrors[];
}

export interface CloudInitStage {
  /** `init-local`, `init`, `modules-config`, `modules-final`. */
  readonly name: string;
  /** Seconds of the guest's clock since 1970. */
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly errors: readonly string[];
  readonly recoverableErrors: readonly RecoverableErrors[];
}

/** What cloud-init got over, by how grave it finds it. */
export interface RecoverableErrors {
  /** `WARNING`, `DEPRECATED`, `ERROR` … */
  readonly level: string;
  readonly messages: readonly string[];
}

/** As they run. `modules-init` is of old and mostly empty. */
const STAGES = ['init-local', 'init', 'modules-init', 'modules-config', 'modules-final'] as const;
const MOST_MESSAGES = 100;
const LONGEST_MESSAGE = 2000;
const LONGEST_WORD = 300;

const aTime: Shape<number> = (value, at) =>
  typeof value === 'number' && Number.isFinite(value) ? value : at.isNot('a number', value);
const aMessage: Shape<string> = (value, at) => aString(value, at).slice(0, LONGEST_MESSAGE);
const aWord: Shape<string> = (value, at) => aString(value, at).slice(0, LONGEST_WORD);
const messages: Shape<readonly string[]> = (value, at) => listOf(aMessage)(value, at).slice(0, MOST_MESSAGES);
const byLevel: Shape<readonly RecoverableErrors[]> = (value, at) =>
  Object.entries(mapOf(messages)(value, at))
    .slice(0, MOST_MESSAGES)
    .map(([level, list]) => ({ level: level.slice(0, LONGEST_WORD), messages: list }));

const stageShape = anObject({
  start: orElse(orNull(aTime), null),
  finished: orElse(orNull(aTime), null),
  errors: orElse(messages, []),
  recoverable_errors: orElse(byLevel, []),
});

const statusShape = anObject({
  status: aWord,
  extended_status: optional(aWord),
  boot_status_code: optional(aWord),
  datasource: orElse(orNull(aWord), null),
  detail: orElse(aMessage, ''),
  last_update: optional(aWord),
  errors: orElse(messages, []),
  recoverable_errors: orElse(byLevel, []),
});

/** From `cloud-init status --format json`. Throws `CLOUD_INIT_ANSWER_INVALID`. */
export function readStatusJson(value: unknown): CloudInitStatus {
  const told = statusShape(value, place('cloud-init status'));
  const said = told.extended_status ?? told.status;
  return {
    state: stateOf(said, told.recoverable_errors.length > 0),
    said,
    datasource: told.datasource === '' ? null : told.datasource,
    detail: told.detail,
    bootStatus: told.boot_status_code ?? null,
    lastUpdate: told.last_update === '' ? null : (told.last_update ?? null),
    stages: readStages(value),
    errors: told.errors,
    recoverableErrors: told.recoverable_errors,
  };
}

/** The stages in what `status --format json` says from 23.4 on, or in `v1` of /run/cloud-init/status.json. */
export function readStages(value: unknown): readonly CloudInitStage[] {
  const stages = stagesShape(value, place('the stages of cloud-init'));
  const known = STAGES.filter((name) => stages[name] !== undefined);
  if (known.length === 0) return [];
  return STAGES.flatMap((name) => {
    const stage = stages[name];
    const isIdle = stage === undefined || (stage.start === null && stage.errors.length === 0);
    if (name === 'modules-init' && isIdle) return [];
    return [
      {
        name,
        startedAt: stage?.start ?? null,
        finishedAt: stage?.finished ?? null,
        errors: stage?.errors ?? [],
        recoverableErrors: stage?.recoverable_errors ?? [],
      },
    ];
  });
}

const stagesShape = anObject({
  'init-local': optional(stageShape),
  init: optional(stageShape),
  'modules-init': optional(stageShape),
  'modules-config': optional(stageShape),
  'modules-final': optional(stageShape),
});

const statusFileShape: Shape<{ readonly v1: unknown }> = anObject({ v1: (value) => value ?? {} });

/** The stages in /run/cloud-init/status.json, which every version writes. */
export function readStatusFile(value: unknown): readonly CloudInitStage[] {
  return readStages(statusFileShape(value, place('/run/cloud-init/status.json')).v1);
}

/** From `cloud-init status --long`, of versions that know no other form. Throws `CLOUD_INIT_ANSWER_INVALID`. */
export function readStatusText(text: string): CloudInitStatus {
  const lines = text.slice(0, 64 * 1024).split(/\r?\n/);
  const after = (word: string) => {
    const line = lines.find((one) => one.startsWith(`${word}:`));
    return line?.slice(word.length + 1).trim();
  };
  const status = after('status');
  if (status === undefined) return place('cloud-init status --long').refuse('says no status');
  const said = status.slice(0, LONGEST_WORD);
  const at = lines.findIndex((line) => line.startsWith('detail:'));
  const rest = at < 0 ? [] : [after('detail') ?? '', ...lines.slice(at + 1)];
  const detail = rest.filter((line) => line.trim() !== '').map((line) => line.slice(0, LONGEST_MESSAGE));
  const state = stateOf(said, false);
  const datasource = /^DataSource(\w{1,100})/.exec(detail[0] ?? '')?.[1];
  return {
    state,
    said,
    datasource: datasource?.toLowerCase() ?? null,
    detail: detail.slice(0, MOST_MESSAGES).join('\n').slice(0, LONGEST_MESSAGE),
    bootStatus: after('boot_status_code')?.slice(0, LONGEST_WORD) ?? null,
    lastUpdate: (after('last_update') ?? after('time'))?.slice(0, LONGEST_WORD) ?? null,
    stages: [],
    errors: state === 'error' ? detail.slice(0, MOST_MESSAGES) : [],
    recoverableErrors: [],
  };
}

/** 23.4 says `degraded done` as its status, later versions beside it; `error - running` has failed already. */
function stateOf(said: string, hasRecovered: boolean): CloudInitState {
  if (said.startsWith('error')) return 'error';
  switch (said) {
    case 'done':
      return hasRecovered ? 'degraded' : 'done';
    case 'degraded done':
      return 'degraded';
    case 'running':
    case 'degraded running':
      return 'running';
    case 'not run':
    case 'not started':
      return 'not-started';
    case 'disabled':
      return 'disabled';
    default:
      return place('cloud-init status').refuse(`is a word that is not known: ${JSON.stringify(said)}`);
  }
}

function place(what: string): Place {
  return new Place(what, (path, problem) => {
    return new Fault('corrupt', 'CLOUD_INIT_ANSWER_INVALID', `${path} ${problem}`, {
      hint: 'See what it says itself: novalet exec NAME -- cloud-init status --long',
    });
  });
}
