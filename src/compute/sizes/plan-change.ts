// Decides a change of vCPUs and memory. Pure: the record and the change go in, the record of the new size comes out.
import { Fault } from '../../base/index.ts';
import type { Image, Instance } from '../../model/index.ts';
import { type DomainContext, domainXmlOf } from '../domain-of.ts';
import { checkFlavorAlone } from '../flavor-alone.ts';
import { checkMemory, checkMinima } from '../plan-launch.ts';
import { maximaOf, withMaxima } from './choose-maxima.ts';
import type { SizeChange } from './requests.ts';

/** No system that anybody runs boots in less: it is gibibytes that were meant. */
const LEAST_MEMORY_MIB = 16;

export interface ChangeContext extends DomainContext {
  readonly isRunning: boolean;
  readonly hostMemoryMiB: number;
  /** Null where the image was removed since, and nothing more is known of what it needs. */
  readonly image: Image | null;
}

/** Throws what `Sizes` says. The flavor's name stays: it is a copy, and says truthfully how large the instance is. */
export function planChange(instance: Instance, change: SizeChange, context: ChangeContext): Instance {
  const { name, flavor: old, numa } = instance;
  const { vcpus = old.vcpus, memoryMiB = old.memoryMiB, maxVcpus, maxMemoryMiB } = change;
  if (Object.values(change).every((each) => each === undefined)) throw nothingSaid();
  for (const each of [vcpus, memoryMiB]) if (!Number.isSafeInteger(each) || each < 1) throw notASize(each);
  if (memoryMiB < LEAST_MEMORY_MIB && memoryMiB < old.memoryMiB) throw tooLittle(memoryMiB);
  if (numa !== null) throw placed(name);
  if (context.isRunning) {
    if (maxVcpus !== undefined || maxMemoryMiB !== undefined) throw maximaFixed(name);
    const most = maximaOf(instance);
    if (vcpus > most.vcpus)
      throw aboveMaximum(name, { asked: vcpus, most: most.vcpus, what: 'vCPUs', option: '--max-vcpus' });
    if (memoryMiB > most.memoryMiB)
      throw aboveMaximum(name, {
        asked: memoryMiB,
        most: most.memoryMiB,
        what: 'MiB of memory',
        option: '--max-memory',
      });
  }
  const flavor = { ...old, vcpus, memoryMiB };
  checkFlavorAlone(flavor);
  if (context.image !== null) checkMinima(flavor, context.image);
  checkMemory(flavor, context.hostMemoryMiB);
  const hardware = withMaxima({ ...instance, flavor }, { maxVcpus, maxMemoryMiB });
  const planned: Instance = { ...instance, flavor, hardware };
  domainXmlOf(planned, context); // whatever it finds wrong is found before anything is changed
  return planned;
}

function nothingSaid(): Fault {
  return new Fault('invalid', 'SIZE_CHANGE_INVALID', 'It is not said what is to change', {
    hint: 'Give vCPUs, memory, or a maximum of either.',
  });
}

function notASize(size: number): Fault {
  return new Fault(
    'invalid',
    'SIZE_CHANGE_INVALID',
    `An instance cannot have ${size} vCPUs or MiB of memory`,
    {
      hint: 'Give whole numbers from 1 on.',
    },
  );
}

function tooLittle(memoryMiB: number): Fault {
  return new Fault('invalid', 'SIZE_CHANGE_INVALID', `No guest runs with ${memoryMiB} MiB of memory`, {
    hint: `If GiB were meant: ${memoryMiB}G`,
  });
}

function placed(name: string): Fault {
  return new Fault(
    'unsupported',
    'SIZE_PLACED',
    `Instance ${name} is placed on NUMA cells of the host, with the size that it has`,
    {
      hint: `Give it another flavor, and with it another place: novalet resize ${name} FLAVOR`,
    },
  );
}

function maximaFixed(name: string): Fault {
  return new Fault(
    'conflict',
    'SIZE_MAXIMA_FIXED',
    `The maxima of instance ${name} cannot change while it runs`,
    {
      hint: `Stop it first: novalet stop ${name}`,
    },
  );
}

interface Excess {
  readonly asked: number;
  readonly most: number;
  readonly what: string;
  readonly option: string;
}

function aboveMaximum(name: string, { asked, most, what, option }: Excess): Fault {
  return new Fault(
    'exhausted',
    'SIZE_ABOVE_MAXIMUM',
    `Instance ${name} was started with room for ${most} ${what}, and ${asked} are asked for`,
    {
      hint: `Make room first: novalet stop ${name}; novalet set-size ${name} ${option} ${asked}; novalet start ${name}`,
      details: { asked, most },
    },
  );
}
