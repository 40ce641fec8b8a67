// -f: manifests from files and stdin.
import type { Command } from 'commander';
import type { Manifest } from '../compute/index.ts';
import { readFileBounded, readFileOrStdin } from './input.ts';
import type { Session } from './session.ts';
import { collect, invalid } from './values.ts';

export function addManifestOption(command: Command, what: string): void {
  command.option('-f, --file <file>', what, collect);
}

/** Throws `OPTION_INVALID`, `MANIFEST_INVALID` and the faults of reading. */
export async function readManifests(session: Session, files: readonly string[]): Promise<Manifest> {
  if (files.filter((file) => file === '-').length > 1)
    throw invalid('-f - is given twice, and there is one stdin', 'Give the other one as a file.');
  const texts = [];
  for (const file of files) {
    const bytes = await readFileOrStdin(session, file);
    texts.push({ file: file === '-' ? 'stdin' : file, text: bytes.toString('utf8') });
  }
  const { readManifest } = await import('../app/index.ts');
  return await readManifest(texts, readFileBounded);
}
