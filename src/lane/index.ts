export {
  type LaneAddress,
  LaneConnection,
  LaneListener,
  type LanePeer,
  type OnConnection,
} from './connection.ts';
export { LaneRefusal, type RefusalPlace } from './faults.ts';
export { type LaneRead, LaneSink, LaneSource, type LaneWrite } from './file.ts';
export { dismissServer } from './greet.ts';
export type { LaneFacts } from './hello.ts';
export { type LaneEnd, LaneProcess, type LaneSpawn, type LaneUser } from './process.ts';
export { LaneSession, type LaneSessionOptions } from './session.ts';
