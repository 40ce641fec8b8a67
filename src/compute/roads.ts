// Which road a call takes into a guest: a lane where one can be had, the agent alone where not.
import { Fault, isFault } from '../base/index.ts';
import type { Road, Via } from '../guest/index.ts';
import type { Instance } from '../model/index.ts';
import type { Tools } from './tools.ts';

/** Why no lane could be had although the agent may answer; then the agent alone does it, slower. */
const NO_LANE = [
  'LANE_UNAVAILABLE',
  'LANE_SERVER_REFUSED',
  'LANE_SILENT',
  // These while it is opened only: an older server that still runs, and a guest that answers nonsense or hangs up.
  'LANE_VERSION',
  'LANE_PROTOCOL',
  'LANE_LOST',
  'SOCKET_MISSING',
  'SOCKET_DENIED',
  'SOCKET_REFUSED',
  'EXEC_NOT_FOUND',
];

export interface RoadWish {
  /** The best one there is when left out. */
  readonly via?: Via | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens the road, or finds it open. Throws what both roads throw when neither can be had. */
export async function openRoad(tools: Tools, instance: Instance, { via, signal }: RoadWish): Promise<Road> {
  if (via === 'agent' || (via === undefined && isWindows(instance))) return await agentRoad(tools, instance);
  if (isWindows(instance)) throw noServer(instance);
  const lanes = await tools.lanes.get();
  try {
    return await lanes.road(instance, signal);
  } catch (error) {
    if (via === 'lane' || !isFault(error, ...NO_LANE)) throw error;
    tools.log.info({ err: error, instance: instance.name }, 'no lane could be had; the agent alone does it');
    return await agentRoad(tools, instance);
  }
}

async function agentRoad(tools: Tools, instance: Instance): Promise<Road> {
  const { AgentRoad, Jobs } = await import('../guest/index.ts');
  const agents = await tools.agents.get();
  const jobs = new Jobs(agents.caller(instance));
  return await agents.use(instance, async (agent) => new AgentRoad(agent, jobs));
}

export function isWindows(instance: Instance): boolean {
  return instance.image.properties['os_type'] === 'windows';
}

function noServer(instance: Instance): Fault {
  return new Fault(
    'unsupported',
    'LANE_SERVER_REFUSED',
    `There is no lane server for Windows, which ${instance.name} runs`,
    {
      hint: 'Leave out --via, or take --via agent.',
    },
  );
}
