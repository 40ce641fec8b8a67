// Can the kernel do what flavors may ask of it: limits of a guest's network, and real-time processors?
import { type Finding, ok, warning } from './finding.ts';
import type { KernelOptions } from './kernel-options.ts';

/** What libvirt shapes traffic with, by `tc`. */
const QUEUES: ReadonlyMap<string, string> = new Map([
  ['NET_SCH_HTB', 'htb'],
  ['NET_SCH_SFQ', 'sfq'],
  ['NET_SCH_INGRESS', 'ingress'],
]);

/** Pure. Nothing where nothing tells what the kernel was built with. */
export function decideKernel(options: KernelOptions | undefined): readonly Finding[] {
  return options === undefined ? [] : [decideShaping(options), decideRealtime(options)];
}

function decideShaping(options: KernelOptions): Finding {
  const missing = [...QUEUES].filter(([option]) => !options.has(option));
  if (missing.length === 0) return ok('traffic-shaping', "Guests' network traffic can be limited");
  const names = missing.map(([, name]) => name).join(', ');
  return warning(
    'traffic-shaping',
    `The kernel has no ${names}: guests whose flavor limits their network (quota:vif_*) do not start`,
    `Boot a kernel with ${missing.map(([option]) => `CONFIG_${option}`).join(', ')}; those of Debian and Ubuntu have it.`,
  );
}

/** Such a kernel gives real-time to whom it was allotted by cgroup, and libvirt allots none to its guests'. */
function decideRealtime(options: KernelOptions): Finding {
  if (!options.has('RT_GROUP_SCHED')) return ok('realtime', "Guests' processors can be real-time ones");
  return warning(
    'realtime',
    'The kernel allots real-time by cgroup (CONFIG_RT_GROUP_SCHED): guests whose flavor asks for it (hw:cpu_realtime) do not start',
    'Boot a kernel without CONFIG_RT_GROUP_SCHED; those of Debian and Ubuntu are.',
  );
}
