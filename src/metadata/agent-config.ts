// novalet's own part of the vendor data: what makes sure that a guest's agent runs. Pure. Scripts, and no cloud-config: of
// keys such as `packages` and `runcmd` cloud-init takes the user's and drops the vendor's. Source: cloud-init, "Vendor data"
// and "User data formats".
import type { JsonValue } from './json.ts';

export interface AgentConfig {
  /** Where an agent comes from that the guest lacks; `none`: one that it has is made to run. */
  readonly from: 'drive' | 'packages' | 'packages-then-drive' | 'none';
  /** Leaves it as it is, where the image forbids its agent to run programs and to touch files. */
  readonly keepBlocks: boolean;
}

/**
 * What cloud-init gets as vendor data: the config alone, or an archive with it and the scripts. Undefined where there is
 * nothing to say. The user's own user data may overrule the config, and `vendor_data: {enabled: false}` leaves out all.
 */
export function vendorDocument(
  config: { readonly [key: string]: JsonValue } | null,
  agent: AgentConfig | null,
): string | undefined {
  const plain = config === null ? [] : [`#cloud-config\n${JSON.stringify(config)}\n`];
  if (agent === null) return plain[0];
  const parts = [...plain.map((content) => ({ type: 'text/cloud-config', content })), ...agentScripts(agent)];
  return `#cloud-config-archive\n${JSON.stringify(parts)}\n`;
}

/** One that runs early at every boot, and where packages are to be fetched one that runs late, once. */
function agentScripts({ from, keepBlocks }: AgentConfig): readonly { type: string; content: string }[] {
  const ending = [...(keepBlocks ? [] : ['unblock']), 'start_own'];
  const early = from === 'drive' ? ['from_drive', ...ending] : ending;
  const late = {
    drive: [],
    none: [],
    packages: ['from_packages', ...ending],
    'packages-then-drive': ['from_packages', 'from_drive', ...ending],
  }[from];
  return [
    { type: 'text/cloud-boothook', content: `#cloud-boothook\n${script(early)}` },
    ...(late.length === 0 ? [] : [{ type: 'text/x-shellscript', content: script(late) }]),
  ];
}

function script(calls: readonly string[]): string {
  return `${FUNCTIONS}${calls.join('\n')}\nexit 0\n`;
}

/** Each does nothing where nothing is to be done. What goes wrong stands in the guest's journal, and fails no boot. */
const FUNCTIONS = `#!/bin/sh
# From novalet: makes sure that the QEMU guest agent runs. Left out by: novalet launch --no-agent
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
[ -d /run/systemd/system ] || exit 0
say() { logger -t novalet-agent -- "$1" 2>/dev/null || :; }
has_own() { command -v qemu-ga >/dev/null 2>&1; }
has_ours() { [ -e /opt/novalet-agent/version ] && systemctl --no-block start novalet-agent.service 2>/dev/null; }

start_own() {
  has_own || return 0
  systemctl is-active --quiet qemu-guest-agent.service && return 0
  said=$(systemctl --no-block start qemu-guest-agent.service 2>&1) || say "the agent does not start: $said"
}

from_drive() {
  if has_own || has_ours; then return 0; fi
  disk=/dev/disk/by-label/NOVALET-AGENT
  [ -e "$disk" ] || udevadm settle --timeout=10 >/dev/null 2>&1
  [ -e "$disk" ] || disk=$(blkid -l -o device -t LABEL=NOVALET-AGENT)
  [ -n "$disk" ] || { say 'there is no agent drive'; return 0; }
  at=$(mktemp -d /run/novalet-agent.XXXXXX) || return 0
  if said=$(mount -t iso9660 -o ro,nosuid,nodev "$disk" "$at" 2>&1); then
    if said=$(sh "$at/install" 2>&1); then say 'the agent came from the drive'; else say "no agent from the drive: $said"; fi
    umount "$at"
  else
    say "the agent drive cannot be mounted: $said"
  fi
  rmdir "$at"
}

# By cloud-init's own module, and aside of the user's packages, which it would take in place of these.
from_packages() {
  if has_own || has_ours; then return 0; fi
  if [ -z "$(ip route show default; ip -6 route show default)" ]; then
    say 'there is no way to a package'
    return 0
  fi
  file=$(mktemp /run/novalet-agent.XXXXXX) || return 0
  cat >"$file" <<'END'
#cloud-config
packages: [qemu-guest-agent]
package_update: true
package_upgrade: false
package_reboot_if_required: false
END
  set -- --name package_update_upgrade_install --frequency always
  if cloud-init single --help 2>/dev/null | grep -q -e --file; then
    timeout 240 cloud-init single --file "$file" "$@"
  else
    timeout 240 cloud-init --file "$file" single "$@"
  fi
  rm -f "$file"
  if has_own; then say 'the agent came as a package'; else say 'no agent came as a package'; fi
}

# RHEL and kin: as lists of what is forbidden (7, 8: BLACKLIST_RPC; 9: BLOCK_RPCS, --block-rpcs) or allowed (9.4 on: --allow-rpcs).
unblock() {
  settings=/etc/sysconfig/qemu-ga
  [ -f "$settings" ] || return 0
  new=$(mktemp /run/novalet-agent.XXXXXX) || return 0
  sed -E \\
    -e '/^[[:space:]]*(BLACKLIST_RPC|BLOCK_RPCS)=|^[^#]*--(block-rpcs|blacklist)=/ {
      s/guest-exec-status|guest-exec|guest-file-(open|close|read|write|seek|flush)//g
      s/,+/,/g
    }' \\
    -e '/^[^#]*--allow-rpcs=/ {
      /guest-exec([^-a-z]|$)/! s/--allow-rpcs=/&guest-exec,guest-exec-status,/
      /guest-file-open/! s/--allow-rpcs=/&guest-file-open,guest-file-close,guest-file-read,guest-file-write,guest-file-seek,guest-file-flush,/
    }' \\
    -e "/^[[:space:]]*(BLACKLIST_RPC|BLOCK_RPCS|FILTER_RPC_ARGS|QEMU_GA_ARGS)=/ {
      s/=([\\"']?),/=\\1/g
      s/,([\\"' ]|$)/\\1/g
    }" "$settings" >"$new"
  if [ -s "$new" ] && [ "$(cat "$new")" != "$(cat "$settings")" ]; then
    cat "$new" >"$settings"
    systemctl --no-block try-restart qemu-guest-agent.service
    say "the agent may run programs and touch files now: $settings"
  fi
  rm -f "$new"
}

`;
