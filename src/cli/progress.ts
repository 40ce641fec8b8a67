// Showing what the engine does while it does it: a live list on a terminal, plain lines elsewhere.
import type { ProgressEvent } from '../compute/index.ts';

export interface ProgressDisplay extends AsyncDisposable {
  show(event: ProgressEvent): void;
  /** Everything went well; without it, disposal shows the steps under way as failed. */
  succeed(): void;
}

/** Loads only what this stream needs. */
export async function openProgress(stream: NodeJS.WriteStream): Promise<ProgressDisplay> {
  if (canRedraw(stream)) {
    const { TaskProgress } = await import('./progress-tasks.ts');
    return new TaskProgress(stream);
  }
  const { LineProgress } = await import('./progress-lines.ts');
  return new LineProgress((line) => stream.write(line));
}

/** A terminal that moves its cursor and knows how wide it is; serial lines often say 0. */
function canRedraw(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && stream.columns >= 20 && process.env['TERM'] !== 'dumb';
}

/** `37 %`, `12 MiB of 200 MiB`, `12 MiB`, `at most 48 s more`, or nothing when the event carries no figures. */
export function formatAmount(event: ProgressEvent, formatBytes: (bytes: number) => string): string {
  if (event.done === undefined) return '';
  const say = event.unit === 'bytes' ? formatBytes : (amount: number) => `${Math.round(amount)}`;
  if (event.unit === 'percent') return `${Math.round(event.done)} %`;
  if (event.unit === 'seconds' && event.total !== undefined)
    return `at most ${Math.ceil(event.total - event.done)} s more`;
  return event.total === undefined ? say(event.done) : `${say(event.done)} of ${say(event.total)}`;
}
