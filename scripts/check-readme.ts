// The examples in README.md and docs/: fenced blocks of ts and sh, each with a comment above it that names the test it is run by.
//
//     <!-- test: test/host/examples/first-guest.test.ts#first-guest -->
//     ```ts
//
// The test takes the block's text with `exampleText('first-guest')` and runs it: so what is printed is what was tried.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFiles } from './source-files.ts';

export interface Example {
  readonly file: string;
  /** Line of the fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** The test file and the example's name, when a comment above the fence gives them. */
  readonly test: { readonly file: string; readonly name: string } | undefined;
}

const RUNNABLE = new Set(['ts', 'typescript', 'js', 'javascript', 'sh', 'shell', 'bash', 'console']);
const BLOCK = /(?:^<!-- test: (\S+)#([a-z0-9-]+) -->\n\s*)?^```(\w+)[^\n]*\n([\s\S]*?)^```$/gm;

/** All runnable blocks of README.md and docs/, in order. */
export function readExamples(root: string): Example[] {
  return sourceFiles(root, ['', 'docs'], ['.md'])
    .filter((file) => file === 'README.md' || file.startsWith('docs/'))
    .flatMap((file) => examplesOf(file, readFileSync(join(root, file), 'utf8')));
}

function examplesOf(file: string, markdown: string): Example[] {
  return [...markdown.matchAll(BLOCK)].flatMap((match) => {
    const [, test, name, language = '', text = ''] = match;
    if (!RUNNABLE.has(language)) return [];
    const fence = match.index + match[0].indexOf('```');
    const line = markdown.slice(0, fence).split('\n').length;
    return [{ file, line, language, text, test: test && name ? { file: test, name } : undefined }];
  });
}

/** The text of the example of this name. Throws when there is none, or more than one. */
export function exampleText(root: string, name: string): string {
  const found = readExamples(root).filter((example) => example.test?.name === name);
  const [example] = found;
  if (found.length !== 1 || example === undefined) {
    throw new Error(`README.md and docs/ have ${found.length} examples named ${name}`);
  }
  return example.text;
}

/** The examples that no test runs, one line each. */
export function checkReadme(root: string): string[] {
  return readExamples(root).flatMap(({ file, line, test }) => {
    const where = `${file}:${line}`;
    if (test === undefined) return [`${where}: the example has no <!-- test: FILE#NAME --> above it`];
    if (!existsSync(join(root, test.file))) return [`${where}: its test ${test.file} is missing`];
    const names = readFileSync(join(root, test.file), 'utf8').includes(`'${test.name}'`);
    return names ? [] : [`${where}: its test ${test.file} does not take the example '${test.name}'`];
  });
}
