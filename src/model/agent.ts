// How a guest comes by its agent, and the image's property of our own that says so.
import { Fault } from '../base/index.ts';
import type { RawValues } from './hardware-key.ts';

/**
 * `auto`: its own where the image has one, else its distribution's package, else the agent drive's. `drive` and `packages`:
 * only this way. `none`: as the image is.
 */
export const AGENT_WAYS = ['auto', 'drive', 'packages', 'none'] as const;
export type AgentWay = (typeof AGENT_WAYS)[number];

/** What `novalet_agent` of an image may say: that it has one, or the way that its guests take. */
const IMAGE_WORDS = ['installed', ...AGENT_WAYS] as const;

/** Throws `IMAGE_PROPERTY_INVALID`. */
export function agentProperty(raw: RawValues): (typeof IMAGE_WORDS)[number] | undefined {
  const text = raw['novalet_agent'];
  if (text === undefined) return undefined;
  const word = IMAGE_WORDS.find((one) => one === text);
  if (word !== undefined) return word;
  throw new Fault('invalid', 'IMAGE_PROPERTY_INVALID', `novalet_agent is "${text.slice(0, 80)}"`, {
    hint: `novalet_agent must be ${IMAGE_WORDS.join(', ')}.`,
    details: { key: 'novalet_agent' },
  });
}
