// What flavor and image say about CPUs and memory on the host, as the typed fields give it.
import type { ExtraSpecs, Flavor, ImageProperties } from '../../model/index.ts';

export interface NumaWishes {
  readonly flavor: Pick<Flavor, 'vcpus' | 'memoryMiB'>;
  readonly specs: ExtraSpecs;
  readonly image: ImageProperties;
}
