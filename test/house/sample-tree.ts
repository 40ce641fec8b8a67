// A small source tree in a temporary folder, for rules that look at files.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export class SampleTree implements Disposable {
  readonly root: string;

  /** `files`: text by path relative to the root. */
  constructor(files: Readonly<Record<string, string>>) {
    this.root = mkdtempSync(join(tmpdir(), 'novalet-house-'));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, file)), { recursive: true });
      writeFileSync(join(this.root, file), text);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}
