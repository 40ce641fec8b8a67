// Progress on a terminal, drawn by listr2 on stderr: the oldest step under way has the spinner, steps that run
// beside it are named below it, and each step keeps its line when it is over.
import { Listr, ListrLogger, PRESET_TIMER, ProcessOutput } from 'listr2';
import { formatBytes } from '../base/index.ts';
import type { ProgressEvent } from '../compute/index.ts';
import { printableLine } from './printable.ts';
import { formatAmount, type ProgressDisplay } from './progress.ts';

interface Step {
  readonly name: string;
  what: string;
  amount: string;
  /** It began with a report, so nothing will say that it ends: the next step of its kind does. */
  readonly isImplicit: boolean;
  readonly ended: PromiseWithResolvers<void>;
  isOver: boolean;
}

export class TaskProgress implements ProgressDisplay {
  readonly #stream: NodeJS.WriteStream;
  /** Steps not yet drawn to their end, in the order in which they began. */
  readonly #steps: Step[] = [];
  #drawing: Promise<void> | undefined;
  #refresh: () => void = () => {};

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(event: ProgressEvent): void {
    const current = this.#steps.find(({ name, isOver }) => name === event.step && !isOver);
    if (current === undefined && event.phase === 'end') return;
    const step = current ?? this.#begin(event);
    step.what = printableLine(event.what);
    step.amount = formatAmount(event, formatBytes);
    if (event.phase === 'end') finish(step);
    this.#refresh();
  }

  #begin(event: ProgressEvent): Step {
    const isImplicit = event.phase === 'progress';
    if (isImplicit) this.#steps.filter((other) => other.isImplicit).forEach(finish);
    const ended = Promise.withResolvers<void>();
    ended.promise.catch(() => {}); // told by the command; a step may fail before it is drawn
    const step: Step = { name: event.step, what: event.what, amount: '', isImplicit, ended, isOver: false };
    this.#steps.push(step);
    this.#drawing ??= this.#draw();
    return step;
  }

  succeed(): void {
    for (const step of this.#steps) finish(step);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const step of this.#steps) {
      if (!step.isOver) step.ended.reject(new Error(step.what));
    }
    await this.#drawing;
  }

  /** Draws one step after the other until none is left; a step that began meanwhile is next. */
  async #draw(): Promise<void> {
    for (let step = this.#steps[0]; step !== undefined; step = this.#steps[0]) {
      await this.#drawStep(step);
      this.#steps.shift();
    }
    this.#drawing = undefined;
  }

  async #drawStep(step: Step): Promise<void> {
    const list = new Listr(
      [
        {
          title: step.what,
          task: async (_context, task) => {
            this.#refresh = () => {
              task.title = step.amount === '' ? step.what : `${step.what} (${step.amount})`;
              task.output = this.#besides(step);
            };
            this.#refresh();
            await step.ended.promise;
          },
        },
      ],
      {
        exitOnError: false, // a failed step is shown as failed; the fault itself is told by the command
        registerSignalListeners: false,
        rendererOptions: {
          timer: PRESET_TIMER,
          showErrorMessage: false,
          logger: new ListrLogger({ processOutput: new ProcessOutput(this.#stream, this.#stream) }),
        },
      },
    );
    await list.run();
    this.#refresh = () => {};
  }

  #besides(shown: Step): string {
    return this.#steps
      .filter((step) => step !== shown && !step.isOver)
      .map((step) => (step.amount === '' ? step.what : `${step.what} (${step.amount})`))
      .join('\n');
  }
}

function finish(step: Step): void {
  step.isOver = true;
  step.ended.resolve();
}
