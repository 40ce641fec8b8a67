// One call of libvirt's, which ends: libvirt itself waits for QEMU for as long as that takes, and a QEMU that hangs takes
// for ever. What was begun goes on in libvirt and holds one of the connection's workers until then.
import { within } from '../base/index.ts';
import { attempt } from './fault.ts';

/** Longer than any call takes but those that say otherwise; libvirt probing QEMU anew may take some of these minutes. */
const CALL_MS = 300_000;

/** For calls that write or read the memory, or bring their own time: whoever makes them knows how long they may take. */
export const UNBOUNDED = Number.POSITIVE_INFINITY;

/** `act` follows "Could not": `start domain a`. Throws `LIBVIRT_CALL_TIMEOUT`, with an unknown outcome. */
export async function boundedCall<T>(
  act: string,
  call: () => Promise<T>,
  timeoutMs: number = CALL_MS,
): Promise<T> {
  return await within(timeoutMs, `libvirt to ${act}`, () => attempt(act, call), {
    code: 'LIBVIRT_CALL_TIMEOUT',
    hint: 'QEMU may hang, or another operation hold the domain: virsh domcontrol DOMAIN and virsh domjobinfo DOMAIN tell; of the host: novalet doctor.',
    outcome: 'unknown',
  });
}
