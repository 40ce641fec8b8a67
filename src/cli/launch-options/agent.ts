// How the guest comes by its agent: --agent, --no-agent, --keep-agent-blocks.
import { type Command, Option } from 'commander';
import type { LaunchRequest } from '../../compute/index.ts';
import { defined } from '../defined.ts';

export interface AgentOptions {
  /** False for --no-agent. */
  readonly agent?: 'auto' | 'drive' | 'packages' | false;
  readonly keepAgentBlocks?: boolean;
}

export function addAgentOptions(command: Command): void {
  command
    .addOption(
      new Option(
        '--agent <way>',
        "how a guest without an agent comes by one (default: the image's novalet_agent, or the configured one, auto)",
      ).choices(['auto', 'drive', 'packages']),
    )
    .option('--no-agent', 'leave the guest as its image is')
    .option('--keep-agent-blocks', 'leave forbidden what the image forbids its agent (RHEL and kin)');
}

export function readAgentOptions(options: AgentOptions): Pick<LaunchRequest, 'agent' | 'keepAgentBlocks'> {
  const { keepAgentBlocks } = options;
  const agent: LaunchRequest['agent'] | undefined = options.agent === false ? 'none' : options.agent;
  return defined({ agent, keepAgentBlocks });
}
