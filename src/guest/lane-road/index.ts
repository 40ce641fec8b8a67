export { LaneRoad } from './lane-road.ts';
