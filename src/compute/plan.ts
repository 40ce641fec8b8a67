// A build plan: all that a launch will do, as one value. Pure: request, flavor, image and host facts go in, the plan
// comes out. It can be printed, stored and compared; nothing in it is secret.
import { join } from 'node:path';
import type { Disk, Flavor, Image, Instance } from '../model/index.ts';

export interface BuildPlan {
  /** The record as it will be written first, in state `building`. */
  readonly instance: Instance;
  /** The acts in order; `launch` emits a begin and an end event for each. */
  readonly steps: readonly Step[];
  /** The domain's XML as it will be defined. */
  readonly domainXml: string;
}

/** One act of a build. `step` is its stable name, `what` says it to a person. */
export type Step = { readonly step: Step['kind']; readonly what: string } & StepFacts;

type StepFacts =
  | { readonly kind: 'record' }
  | { readonly kind: 'instance-directory'; readonly path: string }
  | { readonly kind: 'base-image'; readonly image: Image }
  | { readonly kind: 'root-disk'; readonly path: string; readonly image: Image; readonly disk: Disk }
  | { readonly kind: 'ephemeral-disk'; readonly path: string; readonly disk: Disk; readonly osType: string }
  | { readonly kind: 'swap-disk'; readonly path: string; readonly disk: Disk }
  | { readonly kind: 'kernel' | 'ramdisk'; readonly path: string; readonly image: Image }
  | { readonly kind: 'config-drive'; readonly path: string }
  | { readonly kind: 'dhcp-host'; readonly network: string; readonly mac: string; readonly address: string }
  | { readonly kind: 'define-domain' }
  | { readonly kind: 'start-domain' }
  | { readonly kind: 'activate' };
