// Compute.templates: each a line that leads to where it is done.
import type { ActOptions } from '../compute.ts';
import type { Tools } from '../tools.ts';
import type {
  TemplateCreateRequest,
  TemplateLaunched,
  TemplateLaunchRequest,
  Templates,
  TemplateVerified,
  TemplateView,
} from './requests.ts';

export class HostTemplates implements Templates {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  async create(request: TemplateCreateRequest, options: ActOptions = {}): Promise<TemplateView> {
    const { createTemplate } = await import('./create-template.ts');
    return await createTemplate(this.#tools, request, options);
  }

  async list(): Promise<readonly TemplateView[]> {
    const { templateViews } = await import('./template-view.ts');
    return await templateViews(this.#tools, this.#tools.store.templates.list());
  }

  async show(ref: string): Promise<TemplateView> {
    const { templateView } = await import('./template-view.ts');
    return await templateView(this.#tools, this.#tools.store.templates.find(ref));
  }

  async remove(ref: string): Promise<void> {
    const { removeTemplate } = await import('./remove-template.ts');
    await removeTemplate(this.#tools, ref);
  }

  async verify(ref: string, options: ActOptions = {}): Promise<TemplateVerified> {
    const { verifyTemplate } = await import('./verify-template.ts');
    return await verifyTemplate(this.#tools, ref, options);
  }

  async launch(
    ref: string,
    request: TemplateLaunchRequest = {},
    options: ActOptions = {},
  ): Promise<TemplateLaunched> {
    const { launchFromTemplate } = await import('./launch-from-template.ts');
    const launch = async () => await launchFromTemplate(this.#tools, ref, request, options);
    return await this.#tools.slots.run('builds', launch, options);
  }
}
