// The domain of a recorded instance. Pure: the same record and the same host give the same XML, at launch and ever after.
import { serializeXml } from '../libvirt-xml/index.ts';
import type { Instance } from '../model/index.ts';
import { domainConfig } from './domain-config.ts';
import {
  agentSocketPath,
  type DomainHost,
  type DomainInput,
  launchSettings,
  novaTime,
} from './domain-input.ts';
import { diskPath, instancePaths } from './paths.ts';
import { bootsFirst, presentForm } from './rescue/rescued-form.ts';
import { isSessionMode, type Settings } from './settings.ts';

export interface DomainContext {
  readonly settings: Settings;
  /** Where instances' directories lie. */
  readonly instances: string;
  readonly host: DomainHost;
}

export function domainXmlOf(instance: Instance, context: DomainContext): string {
  return serializeXml(domainConfig(domainInputOf(instance, context)));
}

export function domainInputOf(recorded: Instance, context: DomainContext): DomainInput {
  const instance = presentForm(recorded);
  const isRescued = instance.rescue !== null;
  const paths = instancePaths(context.instances, instance.id, isRescued ? '.rescue' : '');
  const { properties } = instance.image;
  return {
    uuid: instance.id,
    domainName: instance.domainName,
    generationId: instance.generationId,
    displayName: instance.name,
    createdAt: novaTime(instance.createdAt),
    owner: null,
    rootImageId: instance.image.id,
    flavor: instance.flavor,
    imageProperties: properties,
    osType: null,
    hardware: instance.hardware,
    numa: instance.numa,
    host: context.host,
    disks: instance.disks.map((disk) => ({
      ...disk,
      path: diskPath(paths, disk),
      bootsFirst: bootsFirst(instance, disk),
    })),
    volumes: instance.volumes,
    directory: paths.directory,
    ports: instance.ports,
    shares: instance.shares,
    carrier: instance.carrier,
    paths: {
      consoleLog: paths.consoleLog,
      agentSocket: isSessionMode(context.settings) ? null : agentSocketPath(instance.domainName),
      kernel: properties['kernel_id'] === undefined ? null : paths.kernel,
      ramdisk: properties['ramdisk_id'] === undefined ? null : paths.ramdisk,
    },
    settings: {
      ...launchSettings(
        context.settings.vncListen,
        context.settings.cpuSharedSet,
        context.settings.vncPassword,
      ),
      rescue: isRescued,
    },
  };
}
