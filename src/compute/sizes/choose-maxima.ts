// How far an instance may grow while it runs: checked, and put with its hardware. Pure.
import { Fault } from '../../base/index.ts';
import type { Flavor, Hardware, Instance, SizeMaxima } from '../../model/index.ts';

export interface MaximaWishes {
  readonly maxVcpus?: number | undefined;
  readonly maxMemoryMiB?: number | undefined;
}

/** QEMU's bound of a q35. */
const MOST_VCPUS = 288;

type Sized = Pick<Instance, 'flavor' | 'hardware' | 'numa'>;

/**
 * The hardware with the maxima that are wished for; without any where nothing may grow, as for every guest that asks for
 * nothing. Throws `SIZE_MAXIMA_INVALID` and `SIZE_MAXIMA_UNSUPPORTED`.
 */
export function withMaxima({ flavor, hardware, numa }: Sized, wishes: MaximaWishes): Hardware {
  const { maxima: before, ...plain } = hardware;
  const vcpus = wishes.maxVcpus ?? Math.max(before?.vcpus ?? 0, flavor.vcpus);
  const memoryMiB = wishes.maxMemoryMiB ?? Math.max(before?.memoryMiB ?? 0, flavor.memoryMiB);
  checkMaximum('vCPUs', vcpus, flavor.vcpus, flavor);
  checkMaximum('MiB of memory', memoryMiB, flavor.memoryMiB, flavor);
  if (vcpus > MOST_VCPUS) throw tooMany(vcpus);
  if (before === undefined && vcpus === flavor.vcpus && memoryMiB === flavor.memoryMiB) return plain;
  if (numa !== null) throw unsupported('its NUMA cells say which vCPUs and how much memory there are');
  if (memoryMiB > flavor.memoryMiB && !hasBalloon(hardware))
    throw unsupported('it has no balloon to grow out of');
  return { ...plain, maxima: { vcpus, memoryMiB } };
}

/** What the domain is made for. */
export function maximaOf({
  flavor,
  hardware,
}: Pick<Sized, 'flavor'> & { readonly hardware: Pick<Hardware, 'maxima'> }): SizeMaxima {
  const { vcpus, memoryMiB } = hardware.maxima ?? flavor;
  return { vcpus: Math.max(vcpus, flavor.vcpus), memoryMiB: Math.max(memoryMiB, flavor.memoryMiB) };
}

/** See `balloon` of domain-devices.ts. */
function hasBalloon({ options: { balloon, statsPeriodS, profile } }: Hardware): boolean {
  return balloon && (statsPeriodS > 0 || profile === 'zed');
}

function checkMaximum(what: string, maximum: number, current: number, flavor: Pick<Flavor, 'name'>): void {
  if (Number.isSafeInteger(maximum) && maximum >= current) return;
  throw new Fault(
    'invalid',
    'SIZE_MAXIMA_INVALID',
    `The maximum is ${maximum} ${what}, and flavor ${flavor.name} has ${current} from the start`,
    { hint: 'A maximum is at least as much as there is.' },
  );
}

function tooMany(vcpus: number): Fault {
  return new Fault(
    'invalid',
    'SIZE_MAXIMA_INVALID',
    `The maximum is ${vcpus} vCPUs, and QEMU takes ${MOST_VCPUS}`,
    {
      hint: `Choose at most ${MOST_VCPUS}.`,
    },
  );
}

function unsupported(why: string): Fault {
  return new Fault('unsupported', 'SIZE_MAXIMA_UNSUPPORTED', `The guest cannot grow while it runs: ${why}`, {
    hint: 'Leave the maxima out, and give it another flavor when it needs one: novalet resize',
  });
}
