// The drivers of a Windows guest's paravirtual devices.
import type { AgentCaller, CallOptions } from '../caller.ts';

export interface GuestDevice {
  readonly driverName: string;
  readonly driverVersion?: string;
  /** ISO 8601, UTC. */
  readonly driverDate?: string;
  /** PCI vendor and device. */
  readonly vendorId?: number;
  readonly deviceId?: number;
}

/** guest-get-devices (Windows). */
export async function readDevices(agent: AgentCaller, options: CallOptions = {}): Promise<GuestDevice[]> {
  const reply = await agent.call('guest-get-devices', undefined, { readOnly: true, ...options });
  return reply.list(10_000).map((entry) => {
    const version = entry.member('driver-version').optional((place) => place.text(200));
    // Nanoseconds since 1970.
    const date = entry.member('driver-date').optional((place) => place.counter());
    const id = entry.member('id').optional((place) => ({
      vendorId: place.member('vendor-id').integer(0, 0xffff),
      deviceId: place.member('device-id').integer(0, 0xffff),
    }));
    return {
      driverName: entry.member('driver-name').text(500),
      ...(version === undefined ? {} : { driverVersion: version }),
      ...(date === undefined ? {} : { driverDate: isoOf(date) }),
      ...id,
    };
  });
}

/** Some agents tell seconds. */
function isoOf(value: number): string {
  const ms = value > 1e14 ? value / 1e6 : value * 1000;
  return new Date(Math.min(ms, 8.64e15)).toISOString();
}
