// Detached programs in a guest: started, found again, followed, stopped and removed, by whoever comes.
import { randomBytes } from 'node:crypto';
import { Fault, throwIfCancelled } from '../../base/index.ts';
import { isRecord, shortened } from '../../qapi/index.ts';
import type { AgentCaller } from '../caller.ts';
import { leftOpen } from '../outcome.ts';
import type { ProcessEnd, SignalName, SpawnRequest } from '../road.ts';
import { EventReader, type JobEvent } from './events.ts';
import { JobHouse, oneWord, unexpected } from './house.ts';
import { ended, jobIdInvalid, jobNotFound, startFault } from './job-faults.ts';
import { JobProcess, signalWord } from './process.ts';
import { specification } from './spec.ts';
import { VIGIL, type Vigil } from './vigil.ts';

export interface JobRequest extends SpawnRequest {
  /** For people. */
  readonly name?: string | undefined;
  /** What is kept of each stream in the guest's memory; the rest is dropped. Default 64 MiB. */
  readonly maxOutputBytes?: number | undefined;
}

export interface Job {
  /** 8 hexadecimal digits. */
  readonly id: string;
  readonly name: string | undefined;
  /** For people: cut where it is long. */
  readonly command: string;
  readonly user: string | undefined;
  readonly startedAt: string;
  /** Of the program, in the guest; undefined where it was never told. */
  readonly pid: number | undefined;
  readonly hasStdin: boolean;
  readonly hasTerminal: boolean;
  /** `lost`: neither does it run nor did it leave a result; somebody killed all of it. */
  readonly state: 'running' | 'ended' | 'lost';
  readonly end: ProcessEnd | undefined;
  /** More was written than is kept. */
  readonly isTruncated: boolean;
}

const DEFAULT_OUTPUT_BYTES = 64 * 1024 * 1024;
const LONGEST_COMMAND = 500;
const LONGEST_NAME = 100;
/** Finished jobs that are kept; older ones go when a new one starts. */
const MOST_FINISHED = 32;
const ID = /^[0-9a-f]{8}$/;

/** What a job's folder says of it in our own words, as JSON. */
interface About {
  readonly kind: 'job' | 'stream';
  readonly name: string | undefined;
  readonly command: string;
  readonly user: string | undefined;
  readonly startedAt: string;
  readonly stdin: boolean;
  readonly terminal: boolean;
}

export class Jobs {
  readonly #house: JobHouse;
  readonly #vigil: Vigil;

  constructor(agent: AgentCaller, vigil: Vigil = VIGIL) {
    this.#house = new JobHouse(agent);
    this.#vigil = vigil;
  }

  /** Starts a program that nobody has to wait for. Throws what Road.spawn throws, `JOB_NO_PLACE` and `JOB_NO_TOOL`. */
  async start(request: JobRequest): Promise<Job> {
    const limit = request.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES;
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new Fault(
        'invalid',
        'EXEC_OPTION_INVALID',
        "The limit of a job's output is not a number of bytes",
        {
          hint: 'Correct the call; nothing was sent to the guest.',
        },
      );
    }
    await this.#prune(MOST_FINISHED - 1);
    const { id } = await startJob(this.#house, request, limit);
    try {
      return await this.show(id);
    } catch (error) {
      throw leftOpen(error);
    }
  }

  /** A program that lives as long as the object: Road.spawn. */
  async spawn(request: SpawnRequest): Promise<JobProcess> {
    const vigil = this.#vigil;
    const { id, pid, folder, bootId } = await startJob(this.#house, request, undefined, vigil);
    const hasTerminal = request.terminal !== undefined;
    const hasStdin = request.stdin === true || hasTerminal;
    return new JobProcess(this.#house, { id, pid, folder, bootId, hasStdin, hasTerminal, own: vigil });
  }

  /** The detached jobs of this boot, oldest first. */
  async list(): Promise<Job[]> {
    return (await this.#read('')).sort((a, b) => a.startedAt.localeCompare(b.startedAt));
  }

  /** Throws `JOB_NOT_FOUND`. */
  async show(id: string): Promise<Job> {
    checkId(id);
    const [job] = await this.#read(id);
    if (job === undefined) throw jobNotFound(this.#house.agent.peer, id);
    return job;
  }

  /** One stream from byte `from` on, as it comes, until its end. */
  async *output(
    id: string,
    options: { readonly stream?: 'stdout' | 'stderr'; readonly from?: number } = {},
  ): AsyncGenerator<Buffer, void, undefined> {
    const { stream = 'stdout', from = 0 } = options;
    await using process = await this.#follow(await this.show(id), { o: from, e: from }, false);
    const other = stream === 'stdout' ? process.stderr : process.stdout;
    other.destroy();
    for await (const chunk of process[stream]) yield chunk;
  }

  /** Follows a job from its first byte on, with its input where it has one. Disposal ends the following, not the job. */
  async attach(id: string): Promise<JobProcess> {
    const job = await this.show(id);
    return await this.#follow(job, { o: 0, e: 0 }, job.hasStdin);
  }

  /** How the job ended, once it has. */
  async wait(id: string): Promise<ProcessEnd> {
    const job = await this.show(id);
    if (job.end !== undefined) return job.end;
    await using process = await this.#follow(job, { o: 0, e: 0 }, false);
    process.stdout.destroy();
    process.stderr.destroy();
    return await process.ended;
  }

  /** To the program's process group. Throws `JOB_ENDED`, `JOB_NOT_FOUND`. */
  async signal(id: string, name: SignalName): Promise<void> {
    await this.#order(['signal', checkId(id), signalWord(name)], id, /^sent$/);
  }

  /** SIGKILL to all that the job started. */
  async kill(id: string): Promise<void> {
    await this.#order(['kill', checkId(id)], id, /^killed \d+$/);
  }

  /** Kills what still runs, and forgets the job and its output. */
  async remove(id: string): Promise<void> {
    await this.#order(['remove', checkId(id)], id, /^removed$/);
  }

  async #order(words: readonly string[], id: string, good: RegExp): Promise<void> {
    const { agent } = this.#house;
    const lines = await this.#house.verb(words);
    const word = oneWord(lines);
    if (good.test(word)) return;
    if (word === 'missing') throw jobNotFound(agent.peer, id);
    if (word === 'gone') throw ended(agent.peer, id);
    throw unexpected(agent.peer, lines);
  }

  async #follow(
    job: Job,
    from: { readonly o: number; readonly e: number },
    hasStdin: boolean,
  ): Promise<JobProcess> {
    const { home, bootId } = await this.#house.settled();
    const { id, pid = 0, hasTerminal } = job;
    const folder = `${home}/jobs/${id}`;
    return new JobProcess(this.#house, {
      id,
      pid,
      folder,
      bootId,
      hasStdin,
      hasTerminal,
      from,
    });
  }

  async #prune(most: number): Promise<void> {
    const finished = (await this.list()).filter(({ state }) => state !== 'running');
    for (const { id } of finished.slice(0, Math.max(0, finished.length - most))) await this.remove(id);
  }

  async #read(id: string): Promise<Job[]> {
    const { peer } = this.#house.agent;
    const lines = await this.#house.verb(id === '' ? ['list'] : ['list', id]);
    return readList(peer, lines);
  }
}

/** The lines of the verb `list`. Throws `JOB_PROGRAM_FAILED`, `JOB_EVENTS_INVALID`. */
export function readList(peer: string, lines: readonly string[]): Job[] {
  const jobs: Job[] = [];
  let current: { id: string; isAlive: boolean; events: JobEvent[] } | undefined;
  for (const line of lines) {
    const [word = ''] = line.split(' ', 1);
    if (word === 'boot') continue;
    if (word === 'job') current = { id: checkId(line.slice(4)), isAlive: false, events: [] };
    else if (current === undefined) throw unexpected(peer, [line]);
    else if (word === 'alive') current.isAlive = true;
    else if (word !== 'about') current.events.push(...new EventReader().read(Buffer.from(`${line}\n`)));
    else {
      const about = readAbout(peer, line.slice(6));
      if (about.kind === 'job') jobs.push(jobOf(current, about));
    }
  }
  return jobs;
}

function jobOf(
  found: { readonly id: string; readonly isAlive: boolean; readonly events: readonly JobEvent[] },
  about: About,
): Job {
  const { id, isAlive, events } = found;
  const pid = events.find((event) => event.kind === 'pid')?.pid;
  const end = events.find((event) => event.kind === 'ended')?.end;
  const isTruncated = events.some((event) => event.kind === 'piece' && event.then === 'cut');
  const state = end !== undefined ? 'ended' : isAlive ? 'running' : 'lost';
  const { name, command, user, startedAt, stdin: hasStdin, terminal: hasTerminal } = about;
  return { id, name, command, user, startedAt, pid, hasStdin, hasTerminal, state, end, isTruncated };
}

function readAbout(peer: string, text: string): About {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const fail = () => unexpected(peer, ['about', shortened(text)]);
  if (!isRecord(value)) throw fail();
  const { kind, name, command, user, startedAt, stdin, terminal } = value;
  if (kind !== 'job' && kind !== 'stream') throw fail();
  if (typeof command !== 'string' || typeof startedAt !== 'string') throw fail();
  if (typeof stdin !== 'boolean' || typeof terminal !== 'boolean') throw fail();
  const aText = (text: unknown) => (typeof text === 'string' ? text : undefined);
  return { kind, name: aText(name), command, user: aText(user), startedAt, stdin, terminal };
}

async function startJob(
  house: JobHouse,
  request: SpawnRequest & { name?: string | undefined },
  limit: number | undefined,
  vigil?: Vigil,
) {
  const spec = specification(request, limit, vigil);
  const { peer } = house.agent;
  throwIfCancelled(request.signal, 'the start of a program in the guest');
  const id = randomBytes(4).toString('hex');
  const about: About = {
    kind: limit === undefined ? 'stream' : 'job',
    name: request.name?.slice(0, LONGEST_NAME),
    command: request.argv.join(' ').slice(0, LONGEST_COMMAND),
    user: request.user,
    startedAt: new Date().toISOString(),
    stdin: request.stdin === true || request.terminal !== undefined,
    terminal: request.terminal !== undefined,
  };
  const lines = await house.verb(['start', id], Buffer.from(`${JSON.stringify(about)}\n${spec}`));
  const { home, bootId } = await afterStart(house);
  const started = /^ok (\d{1,10}) \d{1,20} \d{1,10}(?: \S{1,60})?$/.exec(oneWord(lines));
  if (started === null) {
    const failed = /^fail ([a-z-]{1,20})$/.exec(oneWord(lines));
    if (failed?.[1] === undefined) throw unexpected(peer, lines);
    throw startFault(peer, failed[1], request);
  }
  if (request.signal?.aborted === true) await house.verb(['remove', id]);
  throwIfCancelled(request.signal, 'the start of a program in the guest');
  return { id, pid: Number(started[1]), folder: `${home}/jobs/${id}`, bootId };
}

async function afterStart(house: JobHouse) {
  try {
    return await house.settled();
  } catch (error) {
    throw leftOpen(error);
  }
}

function checkId(id: string): string {
  if (!ID.test(id)) throw jobIdInvalid(id);
  return id;
}
