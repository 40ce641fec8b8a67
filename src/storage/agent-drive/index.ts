export {
  AGENT_DRIVE_LABEL,
  type AgentDrivePlaces,
  requireHostAgent,
  writeAgentDrive,
} from './agent-drive.ts';
export { findHostAgent, type HostAgent } from './host-agent.ts';
