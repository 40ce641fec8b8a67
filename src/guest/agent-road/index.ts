export { AgentRoad } from './agent-road.ts';
