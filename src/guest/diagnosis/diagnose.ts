// From what was observed to the one thing that is wrong. Pure; the order is that of the way to the agent: domain,
// channel, connection, answer, what it may do.
import type { FaultKind } from '../../base/index.ts';
import type { Diagnosis } from './diagnosis.ts';
import { evidenceOf } from './evidence.ts';
import type { Confinement, Observed } from './observed.ts';
import { policyCures } from './policy.ts';

/** A guest that has not been up for so long may still boot; without KVM, vendors' images take minutes. */
const BOOTING_MS = 180_000;

type Finding = Omit<Diagnosis, 'evidence'>;

/** Finds which it is. */
export function diagnose(observed: Observed): Diagnosis {
  const finding =
    ofDomain(observed) ??
    ofChannel(observed) ??
    ofProbe(observed) ??
    ofAbilities(observed) ??
    healthy(observed);
  return { ...finding, evidence: evidenceOf(observed) };
}

function ofDomain({ name, domain, domainName }: Observed): Finding | undefined {
  switch (domain) {
    case 'running':
      return undefined;
    case 'paused':
      return ill('conflict', 'INSTANCE_PAUSED', `Instance ${name} is paused, and its agent with it`, [
        `Let whoever paused it end (a migration, a backup, a debugger); or: novalet unpause ${name}`,
      ]);
    case 'suspended':
      return ill('conflict', 'INSTANCE_PAUSED', `The guest of ${name} sleeps, and its agent with it`, [
        `virsh dompmwakeup ${domainName}`,
      ]);
    case 'crashed':
      return ill(
        'conflict',
        'INSTANCE_NOT_RUNNING',
        `The guest of ${name} crashed, so its agent cannot be asked`,
        [`novalet console ${name} --log shows its last words; then novalet reboot ${name} --hard`],
      );
    case 'off':
    case 'missing':
      return ill(
        'conflict',
        'INSTANCE_NOT_RUNNING',
        `Instance ${name} does not run, so its agent cannot be asked`,
        [`novalet start ${name}`],
      );
    default:
      return domain satisfies never;
  }
}

function ofChannel(observed: Observed): Finding | undefined {
  const { name, channel, channelConfigured } = observed;
  switch (channel) {
    case 'absent':
      return ill('unsupported', 'AGENT_ABSENT', `The domain of ${name} has no channel for an agent`, [
        channelConfigured
          ? `It was detached; put it back: novalet guest ${name} reset-channel`
          : 'Its image says hw_qemu_guest_agent=no: add the image without that property, and launch anew.',
      ]);
    case 'disconnected':
      return disconnected(observed);
    case 'connected':
    case 'unknown':
      return undefined;
    default:
      return channel satisfies never;
  }
}

function disconnected(observed: Observed): Finding {
  const { name, upMs, console, wasSeen } = observed;
  const look = `novalet console ${name} --log`;
  if (console.stage === 'panic' || console.stage === 'emergency') return bootFailed(name, console.stage);
  if (wasSeen || console.saysAgentStarted) {
    return ill(
      'unavailable',
      'AGENT_STOPPED',
      `The agent of ${name} ran since the guest started, and runs no more`,
      [
        `If the guest is rebooting, it comes back: novalet wait ${name} agent`,
        'Start it in the guest, by SSH or console: systemctl restart qemu-guest-agent; journalctl -u qemu-guest-agent says why it ended.',
      ],
    );
  }
  if (upMs !== null && upMs < BOOTING_MS && console.stage !== 'login prompt') {
    return ill(
      'unavailable',
      'AGENT_BOOTING',
      `The guest of ${name} was started ${seconds(upMs)} ago and its agent has not connected yet`,
      [`novalet wait ${name} agent`, `See how far it is: ${look}`],
    );
  }
  return ill('unavailable', 'AGENT_NOT_RUNNING', `No agent is connected in ${name}${since(upMs)}`, [
    'Install and start it in the guest, by SSH, console or user data: apt install qemu-guest-agent (dnf, zypper, apk add likewise); systemctl enable --now qemu-guest-agent',
    `See whether the guest has booted at all: ${look}`,
  ]);
}

function bootFailed(name: string, stage: 'panic' | 'emergency'): Finding {
  const word = stage === 'panic' ? 'panicked' : 'stopped in its emergency shell';
  return ill('unavailable', 'GUEST_BOOT_FAILED', `The guest of ${name} ${word}, so no agent can run in it`, [
    `novalet console ${name} --log says why; novalet reboot ${name} --hard tries again.`,
  ]);
}

function ofProbe(observed: Observed): Finding | undefined {
  const { name, probe, console } = observed;
  switch (probe.kind) {
    case 'answered':
    case 'not-tried':
      return undefined;
    case 'refused-at-once':
      if (observed.channel !== 'connected') return disconnected(observed); // libvirt had nobody to ask
      return ill(
        'unavailable',
        'AGENT_DISABLED',
        `libvirt has given up the agent of ${name}, as it does after a reply of more than 10 MiB`,
        [`novalet guest ${name} reset-channel`],
      );
    case 'held':
      return ill('timeout', 'AGENT_BUSY', `Another request holds the agent of ${name}`, [
        'Wait for it: a freeze, a trim or a large command of this or another program; then try again.',
      ]);
    case 'nonsense':
      return ill('corrupt', 'AGENT_REPLY_INVALID', `The agent of ${name} gives answers that are none`, [
        `novalet guest ${name} reset-channel`,
        'Update qemu-guest-agent in the guest, or mistrust it.',
      ]);
    case 'silent':
      if (console.stage === 'panic') return bootFailed(name, console.stage); // its port is open as it was
      return ill(
        'timeout',
        'AGENT_HUNG',
        `The agent of ${name} is connected and gave no answer within ${seconds(probe.ms)}`,
        [
          `The guest may be under load or out of memory: novalet console ${name} --log`,
          'Restart the agent in the guest: systemctl restart qemu-guest-agent',
          `novalet reboot ${name}`,
        ],
      );
    default:
      return probe satisfies never;
  }
}

function ofAbilities(observed: Observed): Finding | undefined {
  const { name, frozen, unusable, missing, confinement, osId } = observed;
  if (frozen === true) {
    return limited('conflict', 'AGENT_FROZEN', `The filesystems of ${name} are frozen`, [
      'Wait until the snapshot or backup is done.',
      `When nobody is at it, or the deadline of a freeze has passed (the agent does not notice that): novalet thaw ${name}`,
    ]);
  }
  const blocked = unusable.filter(({ by }) => by === 'policy').map((command) => command.name);
  if (blocked.length > 0) {
    const sentence = `The guest's policy keeps the agent of ${name} from ${listed(blocked)}`;
    return limited('refused', 'AGENT_COMMAND_BLOCKED', sentence, policyCures(osId, blocked));
  }
  if (isConfined(confinement)) {
    return limited(
      'denied',
      'AGENT_CONFINED',
      `SELinux in ${name} confines the agent: commands and files may be denied although the agent has them`,
      [
        `See what was denied: novalet exec ${name} -- ausearch -m avc -c qemu-ga -ts recent (or in the guest itself)`,
        'Allow it in the guest, where the policy has the switch: setsebool -P virt_qemu_ga_run_unconfined on',
      ],
    );
  }
  if (missing.length > 0) {
    const sentence = `The agent of ${name} has no ${listed(missing)}`;
    return limited('unsupported', 'AGENT_COMMAND_UNSUPPORTED', sentence, [
      'Update qemu-guest-agent in the guest; some commands do not exist on some systems at all.',
    ]);
  }
  return undefined;
}

/** The type of what the agent starts, by Fedora's and Red Hat's policy; unconfined scripts have another one. */
function isConfined(confinement: Confinement | null): boolean {
  if (confinement === null || !confinement.enforcing) return false;
  return confinement.isExecDenied || confinement.context?.includes(':virt_qemu_ga_t:') === true;
}

function healthy({ name }: Observed): Finding {
  const sentence = `The agent of ${name} answers and may do everything`;
  return { state: 'healthy', code: 'AGENT_READY', kind: null, sentence, cures: [] };
}

function ill(kind: FaultKind, code: string, sentence: string, cures: readonly string[]): Finding {
  return { state: 'ill', code, kind, sentence, cures };
}

function limited(kind: FaultKind, code: string, sentence: string, cures: readonly string[]): Finding {
  return { state: 'limited', code, kind, sentence, cures };
}

function since(upMs: number | null): string {
  return upMs === null ? '' : `, which was started ${seconds(upMs)} ago`;
}

function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

/** Names are the guest's: only plain ones are said, and not all of many. */
function listed(names: readonly string[]): string {
  const plain = names.filter((name) => /^[a-z][a-z0-9-]{0,60}$/.test(name));
  const shown = plain.slice(0, 6).join(', ');
  const rest = names.length - Math.min(plain.length, 6);
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
