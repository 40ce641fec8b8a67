// What a template is made of: looked up before anything is made, and refused where no memory could be kept.
import { Fault } from '../../base/index.ts';
import type { Instance, Template } from '../../model/index.ts';
import { requireOwn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import type { TemplateCreateRequest } from './requests.ts';

/** Throws `IMAGE_NOT_FOUND`, `INSTANCE_NOT_FOUND`, `INSTANCE_ADOPTED` and `TEMPLATE_UNSUPPORTED`. */
export function findSource(
  tools: Tools,
  { image, instance, consume = false }: TemplateCreateRequest,
): Template['source'] {
  if (image !== undefined && instance === undefined && !consume) {
    const { id, name, properties } = tools.store.images.find(image);
    if (properties['os_type'] === 'windows') throw unsupported(`Image ${name} holds Windows`);
    return { kind: 'image', id, name };
  }
  if (instance !== undefined && image === undefined) {
    const found = tools.store.instances.find(instance);
    requireOwn(found, 'clone');
    refuse(found);
    return { kind: 'instance', id: found.id, name: found.name };
  }
  throw new Fault('invalid', 'TEMPLATE_SOURCE_INVALID', 'A template is made of an image or of an instance', {
    hint: 'Give one of the two.',
  });
}

/** Throws `TEMPLATE_UNSUPPORTED` for what holds a device whose state QEMU does not save, or that only one guest can have. */
export function refuse({ name, image, hardware, flavor }: Instance): void {
  if (image.properties['os_type'] === 'windows') throw unsupported(`${name} runs Windows`);
  if (hardware.pciDevices.length > 0) throw unsupported(`${name} has devices of the host`);
  if (flavor.extraSpecs['hw:tpm_version'] !== undefined) throw unsupported(`${name} has a TPM`);
}

/** What is to be renewed in a clone is not known there, or cannot be. */
export function unsupported(why: string): Fault {
  return new Fault('unsupported', 'TEMPLATE_UNSUPPORTED', `No template can be made: ${why}`, {
    hint: 'Launch such guests from their image: they boot.',
  });
}
