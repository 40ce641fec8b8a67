// A step with the acts that it is made of. What decides gives these, what acts takes them.
import type { Flavor, NetworkRequest, ShareRequest } from '../../model/index.ts';
import type { Medium } from '../disks/disk-requests.ts';
import type { ImageChanges } from '../image-requests.ts';
import type { RecordChange } from '../life-requests.ts';
import type { NetworkCreateRequest } from '../networks/requests.ts';
import type { PortCreateRequest } from '../ports/requests.ts';
import type { SizeChange } from '../sizes/requests.ts';
import type { ApplyStep, Difference, WantedDisk, WantedImage, WantedInstance } from './requests.ts';

export type Act =
  | { readonly kind: 'add-image'; readonly image: WantedImage }
  | {
      readonly kind: 'replace-image';
      readonly id: string;
      readonly image: WantedImage;
      readonly source: string;
    }
  | { readonly kind: 'set-image'; readonly id: string; readonly changes: ImageChanges }
  | { readonly kind: 'remove-image'; readonly id: string }
  | { readonly kind: 'create-flavor'; readonly flavor: Flavor }
  /** In one transaction: at no moment is there none of that name. */
  | { readonly kind: 'replace-flavor'; readonly flavor: Flavor }
  | { readonly kind: 'remove-flavor' | 'remove-network' | 'remove-port'; readonly name: string }
  | { readonly kind: 'create-network'; readonly request: NetworkCreateRequest }
  | { readonly kind: 'create-port'; readonly request: PortCreateRequest }
  | InstanceAct;

/** Those of which no more has to be said than to which instance. */
export type PlainAct = 'delete' | 'start' | 'stop' | 'unpause' | 'resume' | 'unshelve' | 'confirm-resize';

export type InstanceAct =
  | { readonly kind: 'launch'; readonly wanted: WantedInstance }
  /** That a launch in place of the instance would not be refused, before that is deleted. */
  | { readonly kind: 'check-launch'; readonly id: string; readonly wanted: WantedInstance }
  | { readonly kind: PlainAct; readonly id: string }
  | { readonly kind: 'resize'; readonly id: string; readonly flavor: string }
  | { readonly kind: 'change-size'; readonly id: string; readonly change: SizeChange }
  | { readonly kind: 'rebuild'; readonly id: string; readonly wanted: WantedInstance }
  | { readonly kind: 'detach-card'; readonly id: string; readonly port: string }
  | { readonly kind: 'attach-card'; readonly id: string; readonly request: NetworkRequest }
  | { readonly kind: 'add-share'; readonly id: string; readonly request: ShareRequest }
  | { readonly kind: 'remove-share'; readonly id: string; readonly tag: string }
  | { readonly kind: 'attach-disk'; readonly id: string; readonly disk: WantedDisk }
  /** By a volume's id, as the next two. */
  | { readonly kind: 'detach-disk'; readonly id: string; readonly volume: string }
  | { readonly kind: 'grow-disk'; readonly id: string; readonly volume: string; readonly sizeBytes: number }
  /** Null for nothing. */
  | {
      readonly kind: 'change-medium';
      readonly id: string;
      readonly target: string;
      readonly medium: Medium | null;
    }
  | { readonly kind: 'change-record'; readonly id: string; readonly change: RecordChange };

export interface PlannedStep extends ApplyStep {
  readonly acts: readonly Act[];
}

/** Of a thing that is to be made: all that is said of it is new. */
export function creation(
  { kind, name }: Pick<ApplyStep, 'kind' | 'name'>,
  values: Readonly<Record<string, string | undefined>>,
  acts: readonly Act[],
): PlannedStep {
  const differences = Object.entries(values).flatMap(([key, to]) =>
    to === undefined ? [] : [{ key, from: null, to }],
  );
  return { kind, name, action: 'create', cost: 'none', differences, notes: [], problem: null, acts };
}

/** Of a thing that is as it shall be. */
export function nothing(
  { kind, name }: Pick<ApplyStep, 'kind' | 'name'>,
  problem: string | null = null,
): PlannedStep {
  return { kind, name, action: 'none', cost: 'none', differences: [], notes: [], problem, acts: [] };
}

/** The keys of two maps whose values differ. */
export function mapDifferences(
  key: string,
  from: Readonly<Record<string, string>>,
  to: Readonly<Record<string, string>>,
): readonly Difference[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return keys.flatMap((one) => {
    const [before, after] = [entryOf(from, one), entryOf(to, one)];
    return before === after ? [] : [{ key: `${key}.${one}`, from: before, to: after }];
  });
}

function entryOf(map: Readonly<Record<string, string>>, key: string): string | null {
  return Object.hasOwn(map, key) ? (map[key] ?? null) : null;
}
