// What a flavor and an image, as they are written, ask of the host's NUMA cells. Pure.
import { extraSpecs, type Flavor, imageProperties, type NumaRequest } from '../../model/index.ts';
import { numaRequest } from './numa-request.ts';

/** Null for a guest that asks for nothing. Throws the faults of extra specs, image properties and `numaRequest`. */
export function askForCells(
  flavor: Flavor,
  properties: Readonly<Record<string, string>>,
): NumaRequest | null {
  return numaRequest({ flavor, specs: extraSpecs(flavor.extraSpecs), image: imageProperties(properties) });
}
