// The road by the agent alone: programs as jobs with live streams, files in pieces. Slower than a lane, and nothing is
// needed in the guest but its agent, a POSIX shell and the usual small programs.
import type { Agent } from '../agent.ts';
import { checkExec } from '../exec-request.ts';
import { Jobs } from '../jobs/index.ts';
import type {
  GuestProcess,
  GuestSink,
  GuestSource,
  ReadRequest,
  Road,
  SpawnRequest,
  WriteRequest,
} from '../road.ts';
import { checkFile } from './file-faults.ts';
import { openSink } from './sink.ts';
import { openSource } from './source.ts';

/** A Road on an agent, which stays the caller's to close. */
export class AgentRoad implements Road {
  readonly via = 'agent';
  readonly jobs: Jobs;
  readonly #agent: Agent;

  constructor(agent: Agent, jobs: Jobs = new Jobs(agent)) {
    this.#agent = agent;
    this.jobs = jobs;
  }

  async spawn(request: SpawnRequest): Promise<GuestProcess> {
    return await this.jobs.spawn(request);
  }

  async openRead(path: string, request: ReadRequest = {}): Promise<GuestSource> {
    const { offset = 0, user } = request;
    checkFile(path, offset);
    checkExec(['file'], { user });
    return await openSource({ agent: this.#agent, jobs: this.jobs, path, user }, request);
  }

  async openWrite(path: string, request: WriteRequest): Promise<GuestSink> {
    const { offset = 0, user } = request;
    checkFile(path, offset);
    checkExec(['file'], { user });
    return await openSink({ agent: this.#agent, jobs: this.jobs, path, user }, request);
  }
}
