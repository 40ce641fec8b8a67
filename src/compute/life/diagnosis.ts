// Where a guest stands when time runs out: power, its agent, its DHCP lease, libvirt's job, and the end of its console.
// Each is looked at on its own and within a bound, since what is in the way may be libvirt itself; nothing here throws.
import { asFault, Fault, within } from '../../base/index.ts';
import type { Domain, DomainJob } from '../../libvirt/index.ts';
import type { Instance } from '../../model/index.ts';
import { channelStateIn } from '../agents.ts';
import { ConsoleLogFile } from '../console-log.ts';
import { consoleLogPath } from '../paths.ts';
import type { Tools } from '../tools.ts';

/** For each look; all are taken at once. */
const LOOK_MS = 3000;
const CONSOLE_BYTES = 8192;
const CONSOLE_LINES = 12;
const LINE_CHARACTERS = 200;

/** Under the names that the command line prints them by. `console` was written by the guest, and is hostile. */
export async function diagnoseStage(
  tools: Tools,
  instance: Instance,
): Promise<Readonly<Record<string, string>>> {
  const ofDomain = (read: (domain: Domain) => Promise<string>) =>
    looked(async () => {
      const domain = await tools.libvirt.findDomain(instance);
      return domain === undefined ? 'there is no domain' : await read(domain);
    });
  const [power, agent, lease, job, tail] = await Promise.all([
    ofDomain(async (domain) => (await domain.state()).state),
    ofDomain(async (domain) => channelStateIn(await domain.xml())),
    ofDomain(leasesOf),
    ofDomain(async (domain) => jobWords(await domain.jobs.stats())),
    looked(() => consoleTail(tools, instance)),
  ]);
  return { power, agent, lease, job, console: tail };
}

/** The same failure, with the diagnosis in its details. */
export async function diagnosed(tools: Tools, instance: Instance, fault: Fault): Promise<Fault> {
  const { kind, code, message, hint, outcome, details, cause } = fault;
  return new Fault(kind, code, message, {
    cause,
    outcome,
    ...(hint === undefined ? {} : { hint }),
    details: { stage: message, ...details, ...(await diagnoseStage(tools, instance)) },
  });
}

async function looked(look: () => Promise<string>): Promise<string> {
  try {
    return await within(LOOK_MS, 'an answer', look);
  } catch (error) {
    return `not known: ${asFault(error).message}`;
  }
}

async function leasesOf(domain: Domain): Promise<string> {
  const interfaces = await domain.interfaceAddresses('lease');
  const leased = interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => address));
  return leased.length === 0 ? 'none' : leased.join(', ');
}

/** `save, 1200 ms so far, 35 % of the memory`. */
export function jobWords({ type, operation, params }: DomainJob): string {
  if (type === 'none') return 'none';
  const { time_elapsed: elapsed, memory_total: total, memory_processed: done } = params;
  const words: string[] = [operation === 'unknown' ? type : operation];
  if (isCount(elapsed)) words.push(`${elapsed} ms so far`);
  if (isCount(total) && isCount(done) && total > 0)
    words.push(`${Math.floor((100 * Number(done)) / Number(total))} % of the memory`);
  return words.join(', ');
}

/** libvirt's 64-bit figures are bigints. */
function isCount(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

async function consoleTail(tools: Tools, instance: Instance): Promise<string> {
  const path = consoleLogPath(tools.paths.instances, instance);
  if (path === null) return 'not logged';
  return lastLines((await new ConsoleLogFile(path).read(CONSOLE_BYTES)).toString('utf8'));
}

/** The last lines that say something, each cut where it is too long to be one. */
export function lastLines(text: string): string {
  const lines = text.split(/\r*\n/).filter((line) => line.trim() !== '');
  const last = lines.slice(-CONSOLE_LINES).map((line) => line.slice(0, LINE_CHARACTERS));
  return last.length === 0 ? 'empty' : last.join('\n');
}
