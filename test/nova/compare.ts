// Compares `render` with Nova's own generator, over the golden descriptions and random ones:
//   node test/nova/compare.ts [COUNT [SEED]]
// Run by hand, since it needs Nova: apt install python3-nova (26.2, Debian 12), or its files on PYTHONPATH.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  anObject,
  aString,
  Fault,
  isFault,
  listOf,
  optional,
  Place,
  type ShapeOf,
} from '../../src/base/index.ts';
import { render } from '../../src/compute/render.ts';
import { parseXml } from '../../src/libvirt-xml/index.ts';
import { canonical } from '../golden/canonical.ts';
import { goldenCases } from '../golden/cases.ts';
import { description } from './descriptions.ts';

const answer = anObject({ xml: optional(aString), refused: optional(aString) });
type Answer = ShapeOf<typeof answer>;

/** What Nova's master has and its 26.2 does not (docs/nova-differences.md). */
const MASTER =
  /hw[:_](?:sound_model|usb_model|redirected_usb_ports|virtio_packed_ring|maxphysaddr|firmware_stateless)|"maximum"|riscv64/;
/** What is refused here on purpose where Zed goes on without it, or looks only where it matters to it. */
const OURS: readonly string[] = ['FLAVOR_IMAGE_CONFLICT', 'VIF_MODEL_UNSUPPORTED'];

const [count = '1000', seed = '1'] = process.argv.slice(2);
const goldens = goldenCases().flatMap(({ name, input }) =>
  name.startsWith('zed/') && !MASTER.test(JSON.stringify(input)) ? [input] : [],
);
const random = fc.sample(description, { numRuns: Number(count), seed: Number(seed) });
const descriptions: readonly unknown[] = [...goldens.map(withTime), ...random];
const outcomes = new Map<string, number>();
for (const [index, theirs] of novaAnswers(descriptions).entries()) {
  const given = descriptions[index];
  const outcome = compare(theirs, ourAnswer(given));
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  if (outcome.startsWith('!')) process.stdout.write(`${outcome}: ${JSON.stringify(given)}\n`);
}
process.stdout.write(`${JSON.stringify(Object.fromEntries(outcomes))}\n`);
process.exitCode = [...outcomes.keys()].some((outcome) => outcome.startsWith('!')) ? 1 : 0;

/** Nova prints a time for every instance. */
function withTime(input: unknown): unknown {
  const text = JSON.stringify(input);
  return JSON.parse(text.replace('"instance":{', `"instance":{"created_at":"2026-11-21 08:00:00",`));
}

function novaAnswers(given: readonly unknown[]): readonly Answer[] {
  const program = join(import.meta.dirname, 'nova-xml.py');
  const done = spawnSync('/usr/bin/python3', [program], {
    input: JSON.stringify(given),
    encoding: 'utf8',
    maxBuffer: 1024 ** 3,
    timeout: 600_000,
  });
  if (done.status !== 0) throw new Error(`${program} failed: ${done.stderr.slice(-2000)}`);
  const at = new Place(
    program,
    (path, problem) => new Fault('internal', 'NOVA_ANSWER', `${path} ${problem}`),
  );
  return listOf(answer)(JSON.parse(done.stdout), at);
}

function ourAnswer(given: unknown): Answer {
  try {
    return { xml: render(given), refused: undefined };
  } catch (error) {
    if (isFault(error)) return { xml: undefined, refused: error.code };
    throw error;
  }
}

function compare(theirs: Answer, ours: Answer): string {
  if (theirs.xml === undefined) return ours.xml === undefined ? 'both refuse' : '! only Nova refuses';
  if (ours.xml === undefined) {
    return OURS.includes(ours.refused ?? '') ? 'refused here on purpose' : `! refused here: ${ours.refused}`;
  }
  const same = canonical(parseXml(theirs.xml, 'Nova')) === canonical(parseXml(ours.xml, 'ours'));
  return same ? 'the same' : '! differ';
}
