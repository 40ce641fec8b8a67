// Progress on a terminal, drawn by listr2 on stderr: the oldest step under way has the spinner, steps that run
// beside it are named below it, and each step keeps its line when it is over.
import { Listr, ListrLogger, PRESET_TIMER, ProcessOutput } from 'listr2';
import { formatBytes } from '../base/index.ts';
import type { ProgressEvent } from '../compute/index.ts';
import { printableLine } from './printable.ts';
import { formatAmount, type ProgressDisplay } from './progress.ts';

interface Step {
  readonly what: string;
  readonly ended: PromiseWithResolvers<void>;
  amount: string;
  isOver: boolean;
}

export class TaskProgress implements ProgressDisplay {
  readonly #stream: NodeJS.WriteStream;
  /** Steps not yet drawn to their end, by name, in the order in which they began. */
  readonly #steps = new Map<string, Step>();
  #drawing: Promise<void> | undefined;
  #refresh: () => void = () => {};

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(event: ProgressEvent): void {
    const step = this.#steps.get(event.step);
    if (event.phase === 'begin') {
      if (step !== undefined) return;
      const ended = Promise.withResolvers<void>();
      ended.promise.catch(() => {}); // told by the command; a step may fail before it is drawn
      this.#steps.set(event.step, { what: printableLine(event.what), ended, amount: '', isOver: false });
      this.#drawing ??= this.#draw();
    } else if (step !== undefined) {
      step.amount = formatAmount(event, formatBytes);
      if (event.phase === 'end') finish(step);
    }
    this.#refresh();
  }

  succeed(): void {
    for (const step of this.#steps.values()) finish(step);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const step of this.#steps.values()) {
      if (!step.isOver) step.ended.reject(new Error(step.what));
    }
    await this.#drawing;
  }

  /** Draws one step after the other until none is left; a step that began meanwhile is next. */
  async #draw(): Promise<void> {
    for (let first = this.#first(); first !== undefined; first = this.#first()) {
      await this.#drawStep(first[1]);
      this.#steps.delete(first[0]);
    }
    this.#drawing = undefined;
  }

  #first(): [string, Step] | undefined {
    return this.#steps.entries().next().value;
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
    return [...this.#steps.values()]
      .filter((step) => step !== shown && !step.isOver)
      .map((step) => (step.amount === '' ? step.what : `${step.what} (${step.amount})`))
      .join('\n');
  }
}

function finish(step: Step): void {
  step.isOver = true;
  step.ended.resolve();
}
