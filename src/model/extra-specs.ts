// A flavor's extra specs as typed fields, by Nova's rules. An unknown key in a namespace of Nova's is an error with the
// nearest known name; other namespaces belong to others and pass.
import { Fault } from '../base/index.ts';
import { EXTRA_SPEC_KEYS, EXTRA_SPECS, NUMBERED_EXTRA_SPECS, UNUSED_EXTRA_SPECS } from './extra-spec-keys.ts';
import { type KeyFaults, type RawValues, readFields, readValue } from './hardware-key.ts';
import { nearestName } from './nearest-name.ts';
import { isNumbered, readNumbered } from './numbered-keys.ts';
import { schedulingFields, schedulingKey } from './scheduling-keys.ts';

const NAMESPACE =
  /^(?:hw|hw_rng|hw_video|os|quota|accel|pci_passthrough|vmware|trait[a-zA-Z0-9_-]{0,64}|resources[a-zA-Z0-9_-]{0,64}):/;

const FAULTS: KeyFaults = {
  noun: 'Extra spec',
  invalid: { kind: 'invalid', code: 'EXTRA_SPEC_INVALID' },
  unsupported: { kind: 'unsupported', code: 'EXTRA_SPEC_UNSUPPORTED' },
  owner: 'the flavor',
};

/** `hw:pmu` is `pmu` here; what is not set is undefined. */
export type ExtraSpecs = ReturnType<typeof extraSpecs>;

/**
 * Checks and reads extra specs. Throws `EXTRA_SPEC_UNKNOWN`, `EXTRA_SPEC_UNSUPPORTED` or `EXTRA_SPEC_INVALID`.
 */
export function extraSpecs(raw: RawValues) {
  for (const [key, text] of Object.entries(raw)) checkKey(key, text);
  const { hwHideHypervisorId, oldHideHypervisorId, ...fields } = readFields(raw, EXTRA_SPECS, FAULTS);
  return {
    ...fields,
    ...schedulingFields(raw, FAULTS),
    hideHypervisorId: hwHideHypervisorId === true || oldHideHypervisorId === true,
    numaCpus: readNumbered(raw, NUMBERED_EXTRA_SPECS.numaCpus, FAULTS),
    numaMem: readNumbered(raw, NUMBERED_EXTRA_SPECS.numaMem, FAULTS),
    vifInbound: bandwidth(fields.vifInboundAverage, fields.vifInboundPeak, fields.vifInboundBurst),
    vifOutbound: bandwidth(fields.vifOutboundAverage, fields.vifOutboundPeak, fields.vifOutboundBurst),
  };
}

function checkKey(key: string, text: string): void {
  const unused = UNUSED_EXTRA_SPECS.get(key);
  if (unused !== undefined) readValue(text, unused, FAULTS);
  const isKnown =
    EXTRA_SPEC_KEYS.has(key) ||
    schedulingKey(key) !== undefined ||
    Object.values(NUMBERED_EXTRA_SPECS).some((known) => isNumbered(key, known));
  if (!isKnown && NAMESPACE.test(key)) throw unknownKey(key);
}

function unknownKey(key: string): Fault {
  const numbered = Object.values(NUMBERED_EXTRA_SPECS).map((known) => known.key);
  const nearest = nearestName(key, [...EXTRA_SPEC_KEYS.keys(), ...numbered]);
  return new Fault('invalid', 'EXTRA_SPEC_UNKNOWN', `There is no extra spec "${key.slice(0, 80)}"`, {
    hint:
      nearest === undefined
        ? 'docs/hardware-keys.md lists the extra specs: hw:, hw_rng:, hw_video:, quota:, os: and others, as in Nova.'
        : `Did you mean ${nearest}?`,
    details: nearest === undefined ? { key } : { key, nearest },
  });
}

/** Peak and burst count only beside an average. Nova copies all three as they are written (quirk). */
function bandwidth(average: string | undefined, peak: string | undefined, burst: string | undefined) {
  return average === undefined ? undefined : { average, peak, burst };
}
