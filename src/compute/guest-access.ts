// One guest, reached into: what a door gets to run programs, move files and open connections with. Every call is
// checked and recorded (reaches.ts); the road is opened by the first that needs it.
import type { Duplex } from 'node:stream';
import type { AuditEntry } from '../audit/index.ts';
import { asFault, Fault, Lazy } from '../base/index.ts';
import {
  Files,
  type GuestProcess,
  type GuestSink,
  type GuestSource,
  Jobs,
  LaneRoad,
  type ReadRequest,
  type Road,
  type SpawnRequest,
  type Via,
  type WriteRequest,
} from '../guest/index.ts';
import type { Instance } from '../model/index.ts';
import type {
  ForwardOptions,
  GuestAccess,
  GuestAddress,
  GuestCaller,
  GuestListener,
  GuestOptions,
} from './compute.ts';
import { guarded, userOr } from './guarded.ts';
import { adminUserOf, requireRunning } from './guest-actions.ts';
import { FILE_PRIVILEGES, JOB_PRIVILEGES } from './guest-privileges.ts';
import { named } from './hints.ts';
import { done, type Reach, type Reaches } from './reaches.ts';
import { openRoad } from './roads.ts';
import type { Tools } from './tools.ts';

/** Engine.guest. */
export async function accessGuest(tools: Tools, ref: string, options: GuestOptions): Promise<GuestAccess> {
  const instance = tools.store.instances.find(ref);
  await requireRunning(tools, instance, 'exec');
  const road = new RoadToBe(() => openRoad(tools, instance, options));
  const agents = await tools.agents.get();
  const jobs = new Jobs(agents.caller(instance));
  const named = options.by === undefined ? tools.reaches : tools.reaches.of(options.by);
  const reaches = options.isRecorder === true ? named.unrecorded() : named;
  return new InstanceGuest({ instance, road, jobs, reaches });
}

interface Parts {
  readonly instance: Instance;
  readonly road: RoadToBe;
  readonly jobs: Jobs;
  readonly reaches: Reaches;
}

class InstanceGuest implements GuestAccess {
  readonly instance: Instance;
  readonly files: Files;
  readonly jobs: Jobs;
  readonly #road: RoadToBe;
  readonly #reaches: Reaches;

  constructor({ instance, road, jobs, reaches }: Parts) {
    this.instance = instance;
    this.#road = road;
    this.#reaches = reaches;
    const guard = { reaches, instance: () => instance, user: userOr('root'), via: () => road.taken };
    this.files = guarded(new Files(road), { ...guard, privileges: FILE_PRIVILEGES });
    this.jobs = guarded(jobs, { ...guard, via: () => 'agent', privileges: JOB_PRIVILEGES });
  }

  get adminUser(): string {
    return adminUserOf(this.instance);
  }

  async spawn(request: SpawnRequest): Promise<GuestProcess> {
    const [program = '', ...rest] = request.argv;
    const { user: guestUser = 'root', terminal } = request;
    const what = terminal === undefined ? 'exec' : 'terminal';
    const reach: Reach = { privilege: 'exec', what, target: program, arguments: rest, guestUser };
    return await this.#started(reach, (road) => road.spawn(request));
  }

  async sftp(user: string, readOnly: boolean): Promise<GuestProcess> {
    const privilege = readOnly ? 'files-read' : 'files-write';
    return await this.#started({ privilege, what: 'sftp', guestUser: user }, async (road) => {
      if (road instanceof LaneRoad) return await road.openSftp(user, readOnly ? 'read-only' : 'read-write');
      const argv = ['/bin/sh', '-c', SFTP_SCRIPT, 'novalet-sftp', ...(readOnly ? ['-R'] : [])];
      return await road.spawn({ argv, user, stdin: true });
    });
  }

  async connect(address: GuestAddress, options: ForwardOptions = {}): Promise<Duplex> {
    const reach = forwarding('connect', address, options);
    return await this.#forward(reach, (lane) => lane.connect(address, options));
  }

  async listen(
    address: GuestAddress,
    onConnection: (caller: GuestCaller) => void,
    options: ForwardOptions = {},
  ): Promise<GuestListener> {
    const hand = (stream: Duplex, from: { host: string | undefined; port: number | undefined }) =>
      onConnection({ stream, host: from.host ?? '', port: from.port ?? 0 });
    const reach = forwarding('listen', address, options);
    const listener = await this.#forward(reach, (lane) => lane.listen(address, hand, options));
    return { port: listener.port ?? 0, [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose]() };
  }

  async #started(reach: Reach, start: (road: Road) => Promise<GuestProcess>): Promise<GuestProcess> {
    const entry = this.#reaches.begin(this.instance, reach);
    try {
      const process = await start(await this.#road.open());
      recordEnd(entry, process);
      return process;
    } catch (error) {
      entry.fail(asFault(error), { via: this.#road.taken });
      throw named(error, this.instance);
    }
  }

  async #forward<T>(reach: Reach, work: (lane: LaneRoad) => Promise<T>): Promise<T> {
    const run = async () => {
      const road = await this.#road.open();
      if (road instanceof LaneRoad) return await work(road);
      throw new Fault(
        'unsupported',
        'ROAD_CANNOT',
        `The agent alone cannot ${reach.what} inside ${this.instance.name}`,
        {
          hint: `Connections need a lane: novalet guest ${this.instance.name} doctor says why there is none.`,
        },
      );
    };
    return await this.#reaches.made(this.instance, reach, run, () => ({ via: 'lane' }));
  }
}

/** The server in the guest becomes the user, so that a unix socket or a low port is asked of nobody else. */
function forwarding(what: string, address: GuestAddress, { user = 'root' }: ForwardOptions): Reach {
  const target = 'path' in address ? address.path : `${address.host}:${address.port}`;
  return { privilege: 'forward', what, target, guestUser: user };
}

/** The guest's own, where OpenSSH's packages put it; without one the shell says 127. */
const SFTP_SCRIPT = `
for server in /usr/lib/openssh /usr/libexec/openssh /usr/lib/ssh /usr/libexec; do
  [ -x "$server/sftp-server" ] && exec "$server/sftp-server" "$@"
done
exit 127
`;

/** The line of a program is written when it has ended. */
function recordEnd(entry: AuditEntry, process: GuestProcess): void {
  const { via } = process;
  process.ended.then(
    (end) => done(entry, { via, ...end }),
    (error: unknown) => entry.fail(asFault(error), { via }),
  );
}

/** A road that is opened by who first takes it, and again by who comes after the guest rebooted. */
class RoadToBe implements Road {
  readonly #open: () => Promise<Road>;
  #road: Lazy<Road>;
  #taken: Via | null = null;

  constructor(open: () => Promise<Road>) {
    this.#open = open;
    this.#road = new Lazy(open);
  }

  /** Null until somebody has taken it. */
  get taken(): Via | null {
    return this.#taken;
  }

  get via(): Via {
    if (this.#taken !== null) return this.#taken;
    throw new Fault('internal', 'ROAD_NOT_OPEN', 'Nobody has taken the road into the guest yet');
  }

  async open(): Promise<Road> {
    const tried = this.#road;
    const road = await this.#opened(tried);
    const isGone = road instanceof LaneRoad && !road.isOpen;
    if (isGone && this.#road === tried) this.#road = new Lazy(this.#open);
    const usable = isGone ? await this.#opened(this.#road) : road;
    this.#taken = usable.via;
    return usable;
  }

  /** A failure is the caller's alone; the next one tries afresh. */
  async #opened(road: Lazy<Road>): Promise<Road> {
    try {
      return await road.get();
    } catch (error) {
      if (this.#road === road) this.#road = new Lazy(this.#open);
      throw error;
    }
  }

  async spawn(request: SpawnRequest): Promise<GuestProcess> {
    return await (await this.open()).spawn(request);
  }

  async openRead(path: string, request?: ReadRequest): Promise<GuestSource> {
    return await (await this.open()).openRead(path, request);
  }

  async openWrite(path: string, request: WriteRequest): Promise<GuestSink> {
    return await (await this.open()).openWrite(path, request);
  }
}
