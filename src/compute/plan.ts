// A build plan: all that a launch will do, as one value. It can be printed, stored and compared; nothing in it is secret.
import type { ConfigDriveFormat, Disk, DriveDatasource, Image, Instance } from '../model/index.ts';

export interface BuildPlan {
  /** The record as it will be written first, in state `building`. */
  readonly instance: Instance;
  /** The acts in order; `launch` emits a begin and an end event for each. */
  readonly steps: readonly Step[];
  /** The domain's XML as it will be defined. */
  readonly domainXml: string;
  /** novalet's own part of the user data, with password hashes and the contents of files masked; where there is one. */
  readonly cloudConfig?: string;
}

/** One act of a build. */
export type Step =
  | { readonly kind: 'record' }
  | FileStep
  | { readonly kind: 'define-domain' }
  | { readonly kind: 'start-domain' }
  | { readonly kind: 'activate' };

/** The act that makes one of an instance's files, or what it lies over. */
export type FileStep =
  | { readonly kind: 'instance-directory' }
  | { readonly kind: 'base-image'; readonly image: Image }
  | { readonly kind: 'root-disk'; readonly path: string; readonly image: Image; readonly disk: Disk }
  | { readonly kind: 'ephemeral-disk'; readonly path: string; readonly disk: Disk }
  | { readonly kind: 'swap-disk'; readonly path: string; readonly disk: Disk }
  | { readonly kind: 'kernel'; readonly path: string; readonly image: Image }
  | { readonly kind: 'ramdisk'; readonly path: string; readonly image: Image }
  | {
      readonly kind: 'config-drive';
      readonly path: string;
      readonly format: ConfigDriveFormat;
      readonly datasource: DriveDatasource;
    }
  | { readonly kind: 'agent-drive'; readonly path: string };

/** What a step does, for people: "creating the root disk". */
export const STEP_WORDS: Readonly<Record<Step['kind'], string>> = {
  record: 'writing the record',
  'instance-directory': 'making the instance directory',
  'base-image': 'preparing the base image',
  'root-disk': 'creating the root disk',
  'ephemeral-disk': 'creating the ephemeral disk',
  'swap-disk': 'creating the swap disk',
  kernel: 'copying the kernel',
  ramdisk: 'copying the ramdisk',
  'config-drive': 'writing the config drive',
  'agent-drive': 'writing the agent drive',
  'define-domain': 'defining the domain',
  'start-domain': 'starting the domain',
  activate: 'marking the instance active',
};
