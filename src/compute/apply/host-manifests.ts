// Compute.manifests: each a line that leads to where it is done.
import type { Compute } from '../compute.ts';
import type { Tools } from '../tools.ts';
import type { Hands } from './carry-out.ts';
import type {
  ApplyOptions,
  ApplyStep,
  CarryOutOptions,
  Manifest,
  Manifests,
  RemovalOptions,
  StepResult,
} from './requests.ts';

export class HostManifests implements Manifests {
  readonly #hands: Hands;

  constructor(tools: Tools, compute: Compute) {
    this.#hands = { tools, compute };
  }

  async compare(manifest: Manifest): Promise<readonly ApplyStep[]> {
    const { compareWithHost } = await import('./apply-manifest.ts');
    return await compareWithHost(this.#hands, manifest);
  }

  async apply(manifest: Manifest, options: ApplyOptions = {}): Promise<readonly StepResult[]> {
    const { applyManifest } = await import('./apply-manifest.ts');
    return await applyManifest(this.#hands, manifest, options);
  }

  async compareRemoval(manifest: Manifest, options: RemovalOptions = {}): Promise<readonly ApplyStep[]> {
    const { compareRemovalWithHost } = await import('./apply-manifest.ts');
    return await compareRemovalWithHost(this.#hands, manifest, options);
  }

  async remove(
    manifest: Manifest,
    options: RemovalOptions & CarryOutOptions = {},
  ): Promise<readonly StepResult[]> {
    const { removeManifest } = await import('./apply-manifest.ts');
    return await removeManifest(this.#hands, manifest, options);
  }
}
