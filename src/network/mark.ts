// Whose a network is: an element of ours under its `<metadata>`, which libvirt keeps, so that any process knows whether the
// network's addresses may be kept for ports.
import { attributeOf, type Element, element, type Network } from '../libvirt-xml/index.ts';

const NAMESPACE = 'urn:novalet:network';
const NAME = 'novalet:network';

/** `state`: the state directory in which the addresses are recorded. */
export function networkMark(state: string): Element {
  return element(NAME, { 'xmlns:novalet': NAMESPACE, state });
}

/** The state directory of the novalet that made it; undefined where somebody else did. */
export function stateOfNetwork({ metadata = [] }: Pick<Network, 'metadata'>): string | undefined {
  const mark = metadata.find((one) => one.name === NAME && attributeOf(one, 'xmlns:novalet') === NAMESPACE);
  return attributeOf(mark, 'state');
}
