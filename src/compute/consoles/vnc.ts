// The VNC display of a domain: where it listens, and the password that opens it, which lives in QEMU alone and ends by itself.
// Source: libvirt's domain format, <graphics type='vnc'>; RFC 6143 §7.2.2, whose passwords have eight bytes at most.
import { Fault, type Secret } from '../../base/index.ts';
import type { Domain } from '../../libvirt/index.ts';
import {
  attributeOf,
  childElements,
  type Element,
  find,
  parseXml,
  serializeXml,
} from '../../libvirt-xml/index.ts';
import type { Instance } from '../../model/index.ts';
import type { VncDisplay } from './requests.ts';

const LONGEST = 8;

export interface DisplayPassword {
  readonly password: Secret;
  readonly validForMs: number;
}

/** Reads it from the XML of a domain that runs, with its secrets. Throws `VNC_ABSENT`. */
export function vncDisplay(instance: Instance, xml: string): VncDisplay {
  const graphics = vncElement(instance, xml);
  const socket = attributeOf(graphics, 'socket') ?? attributeOf(find(graphics, 'listen'), 'socket');
  const validTo = attributeOf(graphics, 'passwdValidTo');
  const asksPassword = attributeOf(graphics, 'passwd') !== undefined;
  return {
    place:
      socket ?? `${attributeOf(graphics, 'listen') ?? '127.0.0.1'}:${attributeOf(graphics, 'port') ?? ''}`,
    asksPassword,
    passwordValidUntil: validTo === undefined || !asksPassword ? null : `${validTo}Z`,
  };
}

/** Of the domain that runs; its definition keeps the one that opens nothing. Throws as `Consoles.setVncPassword` does. */
export async function setDisplayPassword(
  instance: Instance,
  domain: Domain,
  { password, validForMs }: DisplayPassword,
): Promise<void> {
  const text = password.reveal();
  if (!/^[\x21-\x7e]{1,8}$/.test(text)) {
    throw new Fault('invalid', 'VNC_PASSWORD_INVALID', 'That cannot be the password of a VNC display', {
      hint: `The protocol takes ${LONGEST} characters at most; use printable ASCII without spaces.`,
    });
  }
  const graphics = vncElement(instance, await domain.xml({ secure: true }));
  if (attributeOf(graphics, 'passwd') === undefined) throw withoutPassword(instance);
  const until = new Date(Date.now() + validForMs).toISOString().slice(0, 19);
  const attributes = new Map([...graphics.attributes, ['passwd', text], ['passwdValidTo', until]]);
  await domain.updateDevice(serializeXml({ ...graphics, attributes }), { live: true });
}

function vncElement(instance: Instance, xml: string): Element {
  const devices = find(parseXml(xml, "a domain's XML"), 'devices');
  const displays = devices === undefined ? [] : childElements(devices, 'graphics');
  const vnc = displays.find((display) => attributeOf(display, 'type') === 'vnc');
  if (vnc !== undefined) return vnc;
  throw new Fault('unsupported', 'VNC_ABSENT', `Instance ${instance.name} has no VNC display`, {
    hint: `Guests get one where vnc.enabled is true in the configuration; its serial console: novalet console ${instance.name}`,
  });
}

function withoutPassword({ name }: Instance): Fault {
  return new Fault(
    'conflict',
    'VNC_WITHOUT_PASSWORD',
    `The VNC display of instance ${name} was started as one that asks for no password`,
    {
      hint: `Set vnc.password to true in the configuration, then: novalet reboot --hard ${name}`,
    },
  );
}
