// What `apply` and `delete -f` print: the steps with what differs, and how each of them ended.
import type { ApplyStep, Difference, StepResult } from '../compute/index.ts';
import type { Document } from './output.ts';
import { printableLine } from './printable.ts';

const MARKS: Readonly<Record<ApplyStep['action'], string>> = {
  create: '+',
  change: '~',
  replace: '!',
  remove: '-',
  none: '=',
};

const COSTS: Readonly<Record<ApplyStep['cost'], string>> = {
  none: '',
  restart: ', which restarts the guest',
  replace: ', which loses what it has',
};

const DOING: Readonly<Record<ApplyStep['action'], string>> = {
  create: 'make',
  change: 'change',
  replace: 'replace',
  remove: 'remove',
  none: '',
};

const DONE: Readonly<Record<ApplyStep['action'], string>> = {
  create: 'made',
  change: 'changed',
  replace: 'replaced',
  remove: 'removed',
  none: 'nothing to do',
};

/** Of a dry run: nothing was done. */
export function stepsDocument(steps: readonly ApplyStep[]): Document {
  return { data: { steps: steps.map(stepRecord) }, text: () => planText(steps) };
}

/** Of what was carried out, or tried. */
export function resultsDocument(results: readonly StepResult[]): Document {
  return {
    data: {
      steps: results.map(resultRecord),
    },
    text: () => results.map(resultText).join(''),
  };
}

export function resultRecord({ result, warnings, fault, ...step }: StepResult) {
  return {
    ...stepRecord(step),
    result: result.replace('-', '_'),
    warnings: [...warnings],
    fault: fault === null ? null : { code: fault.code, message: fault.message },
  };
}

function stepRecord({ kind, name, action, cost, differences, notes, problem }: ApplyStep) {
  return {
    kind,
    name,
    action,
    cost,
    differences: differences.map(({ key, from, to }) => ({ key, from, to })),
    notes: [...notes],
    problem,
  };
}

/** For people: what would be done, with each difference on a line of its own. */
export function planText(steps: readonly ApplyStep[]): string {
  const lines = steps
    .filter(({ action, problem }) => action !== 'none' || problem !== null)
    .flatMap((step) => [
      step.problem === null
        ? `${MARKS[step.action]} ${DOING[step.action]} ${subject(step)}${COSTS[step.cost]}`
        : `? ${subject(step)}: cannot be done: ${printableLine(step.problem)}`,
      ...step.differences.map((one) => `    ${printableLine(one.key)}: ${change(one, step.action)}`),
      ...step.notes.map((note) => `    (${note})`),
    ]);
  const rest = steps.filter(({ action, problem }) => action === 'none' && problem === null).length;
  const last = lines.length === 0 ? 'Nothing to do' : rest === 0 ? '' : `= ${rest} as described`;
  return [...lines, ...(last === '' ? [] : [last])].map((line) => `${line}\n`).join('');
}

function resultText(result: StepResult): string {
  const warnings = result.warnings.map((warning) => `    warning: ${printableLine(warning)}\n`);
  return [`${MARKS[result.action]} ${subject(result)}: ${ending(result)}\n`, ...warnings].join('');
}

function change({ from, to }: Difference, action: ApplyStep['action']): string {
  const [before, after] = [from, to].map((value) => (value === null ? 'nothing' : printableLine(value)));
  return action === 'create' ? `${after}` : `${before} -> ${after}`;
}

function subject({ kind, name }: ApplyStep): string {
  return `${kind} ${printableLine(name)}`;
}

function ending({ action, result }: StepResult): string {
  switch (result) {
    case 'done':
      return DONE[action];
    case 'unchanged':
      return DONE.none;
    case 'failed':
      return `could not be ${DONE[action]}`;
    case 'not-done':
      return `not ${DONE[action]}, since another one failed`;
    default:
      return result satisfies never;
  }
}
