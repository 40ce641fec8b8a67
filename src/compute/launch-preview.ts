// What a launch would do, asked without an engine: nothing is made, repaired or written, in the state directory or in
// libvirt. So it can be asked by who may only read, and where nothing has been set up yet.
import { openStoreCopy } from '../store/index.ts';
import type { LaunchRequest } from './compute.ts';
import { closeTools, type EngineOptions, makeTools } from './make-tools.ts';
import { statePaths } from './paths.ts';
import type { BuildPlan } from './plan.ts';
import type { Settings } from './settings.ts';
import type { Tools } from './tools.ts';

export class LaunchPreview implements AsyncDisposable {
  readonly #tools: Tools;

  private constructor(tools: Tools) {
    this.#tools = tools;
  }

  static open(settings: Settings, options: EngineOptions): LaunchPreview {
    const store = openStoreCopy(statePaths(settings.stateDir).database);
    return new LaunchPreview(makeTools(settings, store, options));
  }

  /** As `Compute.planLaunch`. What processes left that died is as they left it, and counts for what it holds. */
  async planLaunch(request: LaunchRequest): Promise<BuildPlan> {
    const { previewLaunch } = await import('./launch.ts');
    return await previewLaunch(this.#tools, request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeTools(this.#tools);
  }
}
