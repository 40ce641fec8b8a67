// What cloud-init says of itself, as a document. Every word of it is the guest's; the table lets no control through.
import type { CloudInitStage, CloudInitStatus, RecoverableErrors } from '../../../compute/index.ts';
import type { Document } from '../../output.ts';
import { formatPairs } from '../../table.ts';

const NOTHING = '-';

export function cloudInitDocument(ref: string, status: CloudInitStatus): Document {
  return { data: cloudInitRecord(ref, status), text: () => formatPairs(pairs(status)) };
}

/** For programs: stable snake_case names. */
export function cloudInitRecord(ref: string, status: CloudInitStatus) {
  return {
    instance: ref,
    status: status.state,
    said: status.said,
    datasource: status.datasource,
    detail: status.detail,
    boot_status: status.bootStatus,
    last_update: status.lastUpdate,
    stages: status.stages.map((stage) => ({
      name: stage.name,
      started_at: stage.startedAt,
      finished_at: stage.finishedAt,
      errors: [...stage.errors],
      recoverable_errors: levels(stage.recoverableErrors),
    })),
    errors: [...status.errors],
    recoverable_errors: levels(status.recoverableErrors),
  };
}

function levels(list: readonly RecoverableErrors[]) {
  return list.map(({ level, messages }) => ({ level, messages: [...messages] }));
}

function pairs(status: CloudInitStatus): (readonly [string, string])[] {
  const { state, said, stages, errors, recoverableErrors } = status;
  const warnings = recoverableErrors.flatMap(({ level, messages }) =>
    messages.map((message) => `${level}: ${oneLine(message)}`),
  );
  return [
    ['status', said === state ? state : `${state} (${oneLine(said)})`],
    ['datasource', status.datasource ?? NOTHING],
    ['detail', status.detail === '' ? NOTHING : status.detail],
    ['boot', status.bootStatus ?? NOTHING],
    ['updated', status.lastUpdate ?? NOTHING],
    ['stages', stages.length === 0 ? NOTHING : stages.map(stageWords).join('\n')],
    ...(errors.length === 0 ? [] : [['errors', errors.map(oneLine).join('\n')] as const]),
    ...(warnings.length === 0 ? [] : [['warnings', warnings.join('\n')] as const]),
  ];
}

function stageWords({ name, startedAt, finishedAt, errors }: CloudInitStage): string {
  const failures = errors.length === 0 ? '' : errors.length === 1 ? ', 1 error' : `, ${errors.length} errors`;
  if (startedAt === null) return `${name}: not started${failures}`;
  if (finishedAt === null) return `${name}: running${failures}`;
  return `${name}: ${(finishedAt - startedAt).toFixed(1)} s${failures}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
