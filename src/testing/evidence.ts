// What is left of a guest whose test failed: its console's log and a picture of its screen, as files, with lines that name
// them and show the log's end.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isFault, MIB, printableText } from '../base/index.ts';
import type { Compute } from '../compute/index.ts';
import { makeDirectory } from '../hostlink/index.ts';

/** virtlogd keeps less of a console by default. */
const LONGEST_LOG = 16 * MIB;
const TAIL_LINES = 20;
const TAIL_BYTES = 8192;
const LONGEST_LINE = 200;

export interface EvidencePlace {
  readonly directory: string;
  /** Tells one guest of a test from another: `guest`, `guest-2`. */
  readonly stem: string;
}

/** Takes what there is; what cannot be had is a line that says why. Throws when the files cannot be written. */
export async function takeEvidence(
  compute: Compute,
  id: string,
  place: EvidencePlace,
): Promise<readonly string[]> {
  await makeDirectory(place.directory, 0o777);
  const { console, screen } = filesOf(place);
  return [
    ...(await orWhy('screenshot', async () => {
      await writeFile(screen, await compute.consoles.screenshot(id));
      return [`screenshot: ${screen}`];
    })),
    ...(await orWhy('console log', async () => {
      const bytes = await (await compute.consoleLog(id)).read(LONGEST_LOG);
      await writeFile(console, bytes);
      return [`console log: ${console}`, ...tailOf(bytes).map((line) => `  | ${line}`)];
    })),
  ];
}

/** What an earlier run of the same test left there. */
export async function dropEvidence(place: EvidencePlace): Promise<void> {
  for (const path of Object.values(filesOf(place))) await rm(path, { force: true });
}

function filesOf({ directory, stem }: EvidencePlace) {
  return { console: join(directory, `${stem}.console.log`), screen: join(directory, `${stem}.screen.png`) };
}

/** The last lines that hold something, fit for a terminal. */
function tailOf(bytes: Buffer): readonly string[] {
  return printableText(bytes.subarray(-TAIL_BYTES).toString('utf8'))
    .split('\n')
    .map((line) => line.trimEnd().slice(0, LONGEST_LINE))
    .filter((line) => line !== '')
    .slice(-TAIL_LINES);
}

async function orWhy(what: string, take: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await take();
  } catch (error) {
    if (!isFault(error)) throw error;
    return [`no ${what}: ${error.message}`];
  }
}
