// A flavor's extra specs as typed fields, by Nova's rules. An unknown key in a namespace of Nova's is an error with the
// nearest known name; other namespaces belong to others and pass.
import { Fault } from '../base/index.ts';
import { EXTRA_SPEC_KEYS, NUMBERED_EXTRA_SPEC } from './extra-spec-keys.ts';
import { nearestName } from './nearest-name.ts';
import { TextFields } from './text-fields.ts';

const NAMESPACES: ReadonlySet<string> = new Set(['hw', 'hw_rng', 'hw_video', 'os', 'quota']);
const KIND = { noun: 'Extra spec', kind: 'invalid', code: 'EXTRA_SPEC_INVALID' } as const;

export const WATCHDOG_ACTIONS = ['none', 'pause', 'poweroff', 'reset', 'disabled'] as const;
export const SECURE_BOOT_POLICIES = ['required', 'disabled', 'optional'] as const;

/** `hw:pmu` is `hw.pmu` here; what is not set is undefined. */
export type ExtraSpecs = ReturnType<typeof readFields>;

/**
 * Checks and reads extra specs. Throws `EXTRA_SPEC_UNKNOWN`, `EXTRA_SPEC_UNSUPPORTED` or `EXTRA_SPEC_INVALID`.
 */
export function extraSpecs(raw: Readonly<Record<string, string>>): ExtraSpecs {
  for (const [key, value] of Object.entries(raw)) checkKey(key, value);
  return readFields(new TextFields(raw, KIND));
}

function checkKey(key: string, value: string): void {
  const known = NUMBERED_EXTRA_SPEC.test(key) ? { status: 'later' as const } : EXTRA_SPEC_KEYS.get(key);
  if (known === undefined) {
    if (NAMESPACES.has(key.slice(0, Math.max(0, key.indexOf(':'))))) throw unknownKey(key);
    return;
  }
  if (known.status !== 'later' || known.neutral?.includes(value.trim().toLowerCase()) === true) return;
  throw new Fault('unsupported', 'EXTRA_SPEC_UNSUPPORTED', `Extra spec ${key} is not carried out yet`, {
    hint: `Take ${key} out of the flavor.`,
    details: { key },
  });
}

function unknownKey(key: string): Fault {
  const nearest = nearestName(key, EXTRA_SPEC_KEYS.keys());
  return new Fault('invalid', 'EXTRA_SPEC_UNKNOWN', `There is no extra spec "${key.slice(0, 80)}"`, {
    hint:
      nearest === undefined
        ? 'Known ones begin with hw:, hw_rng:, hw_video:, quota: or os:, as in Nova.'
        : `Did you mean ${nearest}?`,
    details: nearest === undefined ? { key } : { key, nearest },
  });
}

function readFields(fields: TextFields) {
  return {
    bootMenu: fields.flag('hw:boot_menu'),
    cpuSockets: fields.count('hw:cpu_sockets', 1),
    cpuCores: fields.count('hw:cpu_cores', 1),
    cpuThreads: fields.count('hw:cpu_threads', 1),
    cpuMaxSockets: fields.count('hw:cpu_max_sockets', 1),
    cpuMaxCores: fields.count('hw:cpu_max_cores', 1),
    cpuMaxThreads: fields.count('hw:cpu_max_threads', 1),
    // Quirk: Nova's API accepts the limits under these names and its driver reads only those above.
    maxCpuSockets: fields.count('hw:max_cpu_sockets', 1),
    maxCpuCores: fields.count('hw:max_cpu_cores', 1),
    maxCpuThreads: fields.count('hw:max_cpu_threads', 1),
    hideHypervisorId:
      fields.flag('hide_hypervisor_id') === true || fields.flag('hw:hide_hypervisor_id') === true,
    pmu: fields.flag('hw:pmu'),
    serialPortCount: fields.count('hw:serial_port_count', 0),
    vifMultiqueueEnabled: fields.flag('hw:vif_multiqueue_enabled'),
    watchdogAction: fields.oneOf('hw:watchdog_action', WATCHDOG_ACTIONS),
    rngAllowed: fields.flag('hw_rng:allowed'),
    rngRateBytes: fields.count('hw_rng:rate_bytes', 0),
    rngRatePeriodMs: fields.count('hw_rng:rate_period', 0),
    videoRamMaxMiB: fields.count('hw_video:ram_max_mb', 0),
    secureBoot: fields.oneOf('os:secure_boot', SECURE_BOOT_POLICIES),
    cpuShares: fields.count('quota:cpu_shares', 0),
    cpuPeriod: fields.count('quota:cpu_period', 0),
    // libvirt takes -1 for no limit.
    cpuQuota: fields.count('quota:cpu_quota', -1),
    diskReadBytesSec: limit(fields, 'quota:disk_read_bytes_sec'),
    diskReadIopsSec: limit(fields, 'quota:disk_read_iops_sec'),
    diskWriteBytesSec: limit(fields, 'quota:disk_write_bytes_sec'),
    diskWriteIopsSec: limit(fields, 'quota:disk_write_iops_sec'),
    diskTotalBytesSec: limit(fields, 'quota:disk_total_bytes_sec'),
    diskTotalIopsSec: limit(fields, 'quota:disk_total_iops_sec'),
    vifInbound: bandwidth(fields, 'inbound'),
    vifOutbound: bandwidth(fields, 'outbound'),
  };
}

/** As written, once it is known to be a number: Nova copies these limits without a look (quirk). */
function limit(fields: TextFields, key: string): string | undefined {
  return fields.count(key, 0) === undefined ? undefined : fields.text(key)?.trim();
}

/** Peak and burst count only beside an average. */
function bandwidth(fields: TextFields, way: 'inbound' | 'outbound') {
  const average = limit(fields, `quota:vif_${way}_average`);
  const peak = limit(fields, `quota:vif_${way}_peak`);
  const burst = limit(fields, `quota:vif_${way}_burst`);
  return average === undefined ? undefined : { average, peak, burst };
}
