// What this guest's agent can do: discovered from guest-info, never from a version number.
import { Fault } from '../base/index.ts';
import type { Reply } from './decode.ts';

export interface CommandInfo {
  readonly name: string;
  readonly enabled: boolean;
  /** Whether success is answered at all; guest-shutdown and guest-suspend-* are not. */
  readonly answers: boolean;
}

export interface AgentInfo {
  /** The agent's own word, such as `7.2.22`; for people only. */
  readonly version: string;
  readonly commands: ReadonlyMap<string, CommandInfo>;
}

/** Reads the reply of guest-info (QEMU, qga/qapi-schema.json). */
export function decodeInfo(reply: Reply): AgentInfo {
  const commands = new Map<string, CommandInfo>();
  for (const entry of reply.member('supported_commands').list(1000)) {
    const name = entry.member('name').text(100);
    commands.set(name, {
      name,
      enabled: entry.member('enabled').boolean(),
      answers: entry.member('success-response').optional((value) => value.boolean()) ?? true,
    });
  }
  return { version: reply.member('version').text(100), commands };
}

/** `usable`, or why a command cannot be sent. */
export function standing(info: AgentInfo, command: string): 'usable' | 'blocked' | 'missing' {
  const entry = info.commands.get(command);
  if (entry === undefined) return 'missing';
  return entry.enabled ? 'usable' : 'blocked';
}

export function commandMissing(peer: string, command: string, info: AgentInfo): Fault {
  const version = info.version.replace(/[^\w.+~:-]/g, '?');
  return new Fault(
    'unsupported',
    'AGENT_COMMAND_UNSUPPORTED',
    `${peer} (version ${version}) has no ${command}`,
    {
      hint: 'Update qemu-guest-agent in the guest; some commands do not exist on some systems at all.',
      details: { command, version },
    },
  );
}

export function commandBlocked(peer: string, command: string): Fault {
  return new Fault(
    'refused',
    'AGENT_COMMAND_BLOCKED',
    `${peer} has ${command} switched off by the guest's policy`,
    {
      hint: 'In the guest, remove it from BLOCK_RPCS (or BLACKLIST_RPC), or add it to --allow-rpcs, in /etc/sysconfig/qemu-ga, and restart qemu-guest-agent.',
      details: { command },
    },
  );
}

export function frozen(peer: string, command: string): Fault {
  return new Fault(
    'conflict',
    'AGENT_FROZEN',
    `${peer} cannot do ${command}: the guest's filesystems are frozen`,
    {
      hint: 'Wait until the snapshot or backup is done, or thaw the filesystems.',
      details: { command },
    },
  );
}
