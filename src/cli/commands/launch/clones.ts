// Launches from a template, all at the same time. A failure of one does not keep the others from it.
import { asFault, Fault } from '../../../base/index.ts';
import type {
  ActOptions,
  Compute,
  InstanceView,
  TemplateLaunched,
  TemplateLaunchRequest,
} from '../../../compute/index.ts';

export interface CloneWish {
  readonly request: TemplateLaunchRequest;
  /** For people: its name, or which of them it is. */
  readonly label: string;
}

export interface Clone extends Pick<TemplateLaunched, 'way' | 'why'> {
  readonly view: InstanceView;
  readonly wish: CloneWish;
  /** False where what was to be waited for did not come; it stays all the same. */
  readonly isReady: boolean;
}

export interface Clones {
  readonly launched: readonly Clone[];
  /** Of several the message says whose each is. That somebody interrupted them all is told once. */
  readonly faults: readonly Fault[];
}

export interface CloneTools {
  readonly compute: Pick<Compute, 'show'> & { readonly templates: Pick<Compute['templates'], 'launch'> };
  /** Waits for what was asked for. */
  readonly ready: (id: string, act: ActOptions) => Promise<void>;
  readonly act: ActOptions;
}

/** Both lists are in the order of the wishes. Throws nothing. */
export async function launchClones(
  template: string,
  wishes: readonly CloneWish[],
  tools: CloneTools,
): Promise<Clones> {
  const isAlone = wishes.length === 1;
  const ended = await Promise.all(
    wishes.map(async (wish) => {
      const own = isAlone ? tools : { ...tools, act: { signal: tools.act.signal } };
      return await told(isAlone ? undefined : tools.act, wish, () => launchClone(template, wish, own));
    }),
  );
  const faults = ended.flatMap(({ wish, fault }) =>
    fault === undefined ? [] : [isAlone ? fault : labelled(fault, wish.label)],
  );
  const firstCancelled = faults.findIndex(({ kind }) => kind === 'cancelled');
  return {
    launched: ended.flatMap(({ clone }) => clone ?? []),
    faults: faults.filter(({ kind }, at) => kind !== 'cancelled' || at === firstCancelled),
  };
}

interface Ended {
  readonly wish: CloneWish;
  readonly clone?: Clone;
  readonly fault?: Fault;
}

/** Steps of several would be taken for one another's, so each launch is one step. */
async function told(
  act: ActOptions | undefined,
  wish: CloneWish,
  launch: () => Promise<Ended>,
): Promise<Ended> {
  const step = { step: `launch ${wish.label}`, what: `launching ${wish.label}` };
  act?.onProgress?.({ ...step, phase: 'begin' });
  const ended = await launch();
  if (ended.fault === undefined) act?.onProgress?.({ ...step, phase: 'end' });
  return ended;
}

async function launchClone(template: string, wish: CloneWish, tools: CloneTools): Promise<Ended> {
  const { compute, ready, act } = tools;
  try {
    const { instance, way, why } = await compute.templates.launch(template, wish.request, act);
    const fault = await ready(instance.id, act).then(() => undefined, asFault);
    const view = await compute.show(instance.id);
    return { wish, clone: { view, wish, way, why, isReady: fault === undefined }, ...(fault && { fault }) };
  } catch (error) {
    return { wish, fault: asFault(error) };
  }
}

function labelled(fault: Fault, label: string): Fault {
  if (fault.kind === 'cancelled') return fault;
  const { kind, code, message, hint, outcome, details, cause } = fault;
  return new Fault(kind, code, `${label}: ${message}`, {
    outcome,
    details: { ...details, instance: label },
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
