// All that is wrong with a manifest, found in one go. Values are not repeated: they may be secrets.
import { Fault } from '../../base/index.ts';

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly problem: string;
}

const MOST_SHOWN = 40;

export class Findings {
  readonly #all: Finding[] = [];

  add(finding: Finding): void {
    this.#all.push(finding);
  }

  /** Throws `MANIFEST_INVALID` when there is any. */
  throwIfAny(): void {
    const [first] = this.#all;
    if (first === undefined) return;
    const files = [...new Set(this.#all.map(({ file }) => file))];
    const sorted = files.flatMap((one) =>
      this.#all.filter(({ file }) => file === one).sort((a, b) => a.line - b.line),
    );
    const lines = sorted.map(({ file, line, problem }) => `${file}:${line}: ${problem}`);
    const shown = lines.slice(0, MOST_SHOWN);
    const left = lines.length - shown.length;
    const count = lines.length === 1 ? 'is one mistake' : `are ${lines.length} mistakes`;
    throw new Fault('invalid', 'MANIFEST_INVALID', `There ${count} in what shall be applied`, {
      hint: [...shown, ...(left > 0 ? [`and ${left} more`] : []), 'docs/apply.md lists every key.'].join(
        '\n',
      ),
      details: { mistakes: lines.length, file: first.file, line: first.line, problem: first.problem },
    });
  }
}

/** Where in a file something stands, and where to say that it is wrong. */
export class Spot {
  readonly file: string;
  readonly line: number;
  readonly path: string;
  readonly #findings: Findings;

  constructor(findings: Findings, { file, line, path }: Pick<Spot, 'file' | 'line' | 'path'>) {
    this.#findings = findings;
    this.file = file;
    this.line = line;
    this.path = path;
  }

  member(key: string, line: number): Spot {
    const path = this.path === '' ? key : `${this.path}.${key}`;
    return new Spot(this.#findings, { file: this.file, line, path });
  }

  item(index: number, line: number): Spot {
    return new Spot(this.#findings, { file: this.file, line, path: `${this.path}[${index}]` });
  }

  /** `problem` goes on after the path, as in `is less than 1`. */
  refuse(problem: string): undefined {
    const words = this.path === '' ? problem : `${this.path} ${problem}`;
    this.#findings.add({ file: this.file, line: this.line, problem: words });
    return undefined;
  }
}
