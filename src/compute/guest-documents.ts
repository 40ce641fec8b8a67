// What a guest may read about itself, for whoever carries it: a drive at the launch, the metadata service and people later.
import { Secret } from '../base/index.ts';
import {
  type Audience,
  type DocumentsByPath,
  type MetadataInput,
  metadataDocuments,
  noCloudDocuments,
  serviceDocuments,
} from '../metadata/index.ts';
import {
  type DriveDatasource,
  datasourceProperties,
  type GuestInput,
  type Instance,
} from '../model/index.ts';
import { metaOf } from './admin-password.ts';
import { noGuestInput } from './guest-input.ts';
import { interfacesTemplate } from './interfaces-template.ts';
import { metadataNic } from './metadata-nic.ts';
import type { Settings } from './settings.ts';
import type { Tools } from './tools.ts';

/** Nova's `project_id` of a host that has no Keystone. */
export const PROJECT_ID = 'novalet';

export interface DocumentsJob {
  readonly settings: Pick<Settings, 'dhcpDomain' | 'flatInjected'>;
  readonly instance: Instance;
  readonly input: GuestInput;
  /** For a drive that is made now; it is kept nowhere. */
  readonly adminPassword?: Secret | undefined;
}

/** All that the documents are made from. */
export function metadataInputOf({ settings, instance, input, adminPassword }: DocumentsJob): MetadataInput {
  return {
    uuid: instance.id,
    number: instance.number,
    name: instance.name,
    hostname: instance.hostname,
    dhcpDomain: settings.dhcpDomain,
    projectId: PROJECT_ID,
    meta: metaOf(instance),
    keys: input.keys,
    randomSeed: input.randomSeed,
    flavorName: instance.flavor.name,
    imageRef: instance.image.id,
    kernelRef: instance.image.properties['kernel_id'],
    ramdiskRef: instance.image.properties['ramdisk_id'],
    nics: instance.ports.map(metadataNic),
    links: instance.links,
    ...(settings.flatInjected ? { interfacesTemplate: interfacesTemplate() } : {}),
    disks: instance.disks,
    files: input.files,
    ...(adminPassword === undefined ? {} : { adminPassword }),
    ...(input.userData === null ? {} : { userData: input.userData }),
    ...(input.vendorConfig === null
      ? {}
      : { vendorData: { 'cloud-init': new Secret(Buffer.from(input.vendorConfig.reveal()).toString()) } }),
  };
}

/** The files of a drive. */
export function driveDocuments(
  job: DocumentsJob,
  datasource: DriveDatasource,
): ReadonlyMap<string, Uint8Array> {
  return datasource === 'config-drive' ? metadataDocuments(metadataInputOf(job)) : noCloudOf(job);
}

/** The same, as a NoCloud drive has them. */
export function noCloudOf(job: DocumentsJob): ReadonlyMap<string, Uint8Array> {
  const { networkConfig } = datasourceProperties(job.instance.image.properties);
  return noCloudDocuments(metadataInputOf(job), networkConfig);
}

/** All that the metadata service tells. */
export function serviceDocumentsOf(job: DocumentsJob, audience: Audience): DocumentsByPath {
  const { networkConfig } = datasourceProperties(job.instance.image.properties);
  return serviceDocuments(metadataInputOf(job), networkConfig, audience);
}

/** Of an instance that lives. The seed of one that was given nothing is drawn when it is first asked for. */
export function documentsJob({ store, settings }: Tools, ref: string): DocumentsJob {
  const instance = store.instances.get(ref) ?? store.instances.find(ref); // an id is never taken for another's name
  const input = store.transaction(() => {
    const known = store.guestInputs.get(instance.id);
    if (known !== undefined) return known;
    const first = noGuestInput();
    store.guestInputs.insert(instance.id, first);
    return first;
  });
  return { settings, instance, input };
}
