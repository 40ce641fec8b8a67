// How clocks and routes read in a table.
import type { GuestRoutes, GuestTime } from '../../../compute/index.ts';

/** `2026-11-21T12:00:00.000Z, 0.49 s behind this host`. */
export function driftWords({ guestMs, driftMs, uncertaintyMs }: GuestTime): string {
  const time = Math.abs(guestMs) <= 8.64e15 ? new Date(guestMs).toISOString() : 'beyond the calendar';
  const seconds = (Math.abs(driftMs) / 1000).toFixed(3);
  if (Math.abs(driftMs) <= uncertaintyMs + 1) return `${time}, as this host's`;
  return `${time}, ${seconds} s ${driftMs < 0 ? 'behind' : 'ahead of'} this host`;
}

export function routeWords({
  destination,
  gateway,
  interface: device,
  metric,
}: GuestRoutes['routes'][number]): string {
  const via = gateway === undefined ? '' : ` via ${gateway}`;
  return `${destination}${via} dev ${device} metric ${metric}`;
}
