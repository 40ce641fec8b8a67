// What a person or a program reads when a command fails. Nothing from a guest reaches the terminal unprinted.
import type { Fault } from '../base/index.ts';
import type { OutputFormat } from './output.ts';
import { printableLine, printableText } from './printable.ts';

export interface FailureStyle {
  readonly output: OutputFormat;
  /** Adds the chain of causes with their stacks. */
  readonly debug: boolean;
  /** What the process will exit with; part of the JSON form. */
  readonly exitCode: number;
}

/** The words for stderr, ended by a line feed. */
export function formatFailure(fault: Fault, style: FailureStyle): string {
  return style.output === 'json'
    ? `${JSON.stringify(failureData(fault, style), null, 2)}\n`
    : failureText(fault, style);
}

function failureData(fault: Fault, style: FailureStyle): unknown {
  return {
    error: {
      kind: fault.kind,
      code: fault.code,
      message: fault.message,
      hint: fault.hint ?? null,
      outcome: fault.outcome,
      details: fault.details,
      exit_code: style.exitCode,
      ...(style.debug ? { causes: causesOf(fault).map(causeText) } : {}),
    },
  };
}

function failureText(fault: Fault, style: FailureStyle): string {
  const lines = [`novalet: ${printableLine(fault.message)} [${fault.code}]`];
  if (fault.outcome === 'unknown') lines.push('  It may have been carried out all the same.');
  if (fault.hint !== undefined) lines.push(...indented('hint: ', fault.hint));
  lines.push(...diagnosisLines(fault));
  if (style.debug) {
    if (fault.stack !== undefined) lines.push(...indented('', stackOnly(fault)));
    for (const cause of causesOf(fault)) lines.push(...indented('caused by: ', causeText(cause)));
  }
  return `${lines.join('\n')}\n`;
}

/** What a wait that ran out found out, by the names under which it is in the details. */
const LOOKED_AT = { stage: 'stage', power: 'power', agent: 'agent', lease: 'lease', job: "libvirt's job" };

/** Where a guest stood when time ran out. Each line of its console begins with a mark of ours: none is taken for our words. */
function diagnosisLines({ details }: Fault): string[] {
  const { console: tail } = details;
  if (typeof tail !== 'string') return [];
  const looks = Object.entries(LOOKED_AT).flatMap(([key, label]) => {
    const value = details[key];
    return typeof value === 'string' ? [`  ${label}: ${printableLine(value)}`] : [];
  });
  const said = printableText(tail).split('\n');
  return [...looks, '  console:', ...said.map((line) => `    | ${line}`)];
}

function indented(label: string, text: string): string[] {
  return printableText(label + text)
    .split('\n')
    .map((line) => `  ${line}`);
}

function stackOnly(error: Error): string {
  const stack = error.stack ?? '';
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames.map((line) => line.trim()).join('\n');
}

/** Everything beneath a fault, outermost first; bounded, for a chain may be a ring. */
function causesOf(fault: Fault): unknown[] {
  const causes: unknown[] = [];
  let cause: unknown = fault.cause;
  while (cause !== undefined && causes.length < 10) {
    causes.push(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

function causeText(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
