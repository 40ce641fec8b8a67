// What a flavor limits: CPU time, disks and network cards. Pure. Nova hands the texts on as they are; here libvirt holds a
// domain against its schema, which has no words for limits that are none, so those are left out.
import type { CpuTune, InterfaceDevice } from '../libvirt-xml/index.ts';
import type { ExtraSpecs } from '../model/index.ts';

export interface GuestLimits {
  readonly cpuTune: Pick<CpuTune, 'shares' | 'quota' | 'period'>;
  /** libvirt's names of the limits, in libvirt's order. */
  readonly ioTune: Readonly<Record<string, string | undefined>>;
  readonly bandwidth: NonNullable<InterfaceDevice['bandwidth']>;
}

type Rates = GuestLimits['bandwidth']['inbound'];

/** `isLiteral`: to the letter of Zed. */
export function guestLimits(specs: ExtraSpecs, isLiteral: boolean): GuestLimits {
  const asked = limitsAsAsked(specs);
  if (isLiteral) return asked;
  const { shares, quota, period } = asked.cpuTune;
  return {
    cpuTune: {
      shares,
      quota: quota === undefined ? undefined : Math.max(quota, -1),
      period: period === 0 ? undefined : period,
    },
    ioTune: Object.fromEntries(Object.entries(asked.ioTune).map(([name, text]) => [name, plain(text)])),
    bandwidth: { inbound: rates(asked.bandwidth.inbound), outbound: rates(asked.bandwidth.outbound) },
  };
}

function limitsAsAsked(specs: ExtraSpecs): GuestLimits {
  return {
    cpuTune: { shares: specs.cpuShares, quota: specs.cpuQuota, period: specs.cpuPeriod },
    ioTune: {
      read_bytes_sec: specs.diskReadBytesSec,
      read_iops_sec: specs.diskReadIopsSec,
      write_bytes_sec: specs.diskWriteBytesSec,
      write_iops_sec: specs.diskWriteIopsSec,
      total_bytes_sec: specs.diskTotalBytesSec,
      total_iops_sec: specs.diskTotalIopsSec,
    },
    bandwidth: { inbound: specs.vifInbound, outbound: specs.vifOutbound },
  };
}

/** Peak and burst mean something only beside an average. */
function rates(asked: Rates): Rates {
  const average = aboveZero(asked?.average);
  return average === undefined
    ? undefined
    : { average, peak: aboveZero(asked?.peak), burst: aboveZero(asked?.burst) };
}

function aboveZero(text: string | undefined): string | undefined {
  const number = plain(text);
  return number === '0' ? undefined : number;
}

/** `+05` is 5. */
function plain(text: string | undefined): string | undefined {
  return text === undefined ? undefined : String(Number(text));
}
