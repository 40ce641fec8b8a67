// An engine that knows an image, an instance and a template, and whose launches end as their names say: `cold…` boots,
// `bad…` fails, `stop…` is interrupted, `late…` is launched and never ready. From the template `three` nothing comes before
// three are on their way.
import { Fault, Secret } from '../../../../src/base/index.ts';
import type {
  ActOptions,
  Compute,
  InstanceView,
  TemplateCreateRequest,
  TemplateLaunched,
  TemplateLaunchRequest,
  TemplateView,
} from '../../../../src/compute/index.ts';
import { TEMPLATE, VIEW } from '../../../house/docs/sample-values.ts';

const IMAGE_ID = '11112222-8f5a-4a3e-9a37-0a6b5f1c2d3e';
const INSTANCE_ID = '11113333-8f5a-4a3e-9a37-0a6b5f1c2d3e';
const WHY = new Fault('corrupt', 'TEMPLATE_MEMORY_UNREADABLE', 'The saved memory is short', {
  hint: 'Make the template anew.',
});

class WordTemplates {
  readonly launched = new Map<string, InstanceView>();
  #made = 0;
  #underway = 0;
  readonly #three = Promise.withResolvers<void>();

  async list(): Promise<readonly TemplateView[]> {
    return [TEMPLATE, { ...TEMPLATE, stale: "this host's CPU is another one now" }];
  }

  async show(ref: string): Promise<TemplateView> {
    if (ref === 'ci' || ref === 'three') return { ...TEMPLATE, template: { ...TEMPLATE.template, id: ref } };
    throw new Fault('not-found', 'TEMPLATE_NOT_FOUND', `There is no template "${ref}"`);
  }

  async remove(): Promise<void> {}

  async verify(ref: string) {
    return { ...TEMPLATE, damaged: ref === 'whole' ? new Map() : TEMPLATE.damaged };
  }

  /** The request is what the source is called. */
  async create(request: TemplateCreateRequest): Promise<TemplateView> {
    const { template } = TEMPLATE;
    return { ...TEMPLATE, template: { ...template, source: { ...template.source, name: said(request) } } };
  }

  async launch(
    ref: string,
    request: TemplateLaunchRequest = {},
    options: ActOptions = {},
  ): Promise<TemplateLaunched> {
    this.#underway += 1;
    if (this.#underway === 3) this.#three.resolve();
    if (ref === 'three') await this.#three.promise;
    this.#made += 1;
    const name = request.name ?? `made-up-${this.#made}`;
    options.onProgress?.({ step: 'files', phase: 'begin', what: 'making its disks' });
    if (name.startsWith('bad')) throw new Fault('exhausted', 'CAPACITY_EXHAUSTED', 'It does not fit');
    if (name.startsWith('stop')) throw new Fault('cancelled', 'CANCELLED', 'The launch was stopped');
    const why = name.startsWith('cold') ? WHY : null;
    const instance = { ...VIEW.instance, id: name, name, metadata: { asked: said(request) } };
    this.launched.set(name, { ...VIEW, instance });
    return { instance, way: why === null ? 'memory' : 'cold', why };
  }
}

/** What was asked, as a text. */
function said(request: object): string {
  return JSON.stringify(request, (_key, value: unknown) =>
    value instanceof Secret ? value.reveal().length : value,
  );
}

export async function openEngine(): Promise<Compute> {
  const templates = new WordTemplates();
  const compute: unknown = {
    templates,
    images: {
      show: async (ref: string) => found('IMAGE', ref, ['debian', 'both'], IMAGE_ID),
      list: async () => [{ name: 'debian' }],
    },
    list: async () => [{ instance: { name: 'web' } }],
    show: async (ref: string) =>
      templates.launched.get(ref) ?? {
        instance: found('INSTANCE', ref, ['web', 'both', '1111', '333'], INSTANCE_ID),
      },
    waitFor: async (ref: string, { kind }: { readonly kind: string }) => {
      if (ref.startsWith('late')) throw new Fault('timeout', 'WAIT_TIMEOUT', `No ${kind} of ${ref} in time`);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  return compute as Compute;
}

/** By name, or the beginning of an id. */
function found(kind: 'IMAGE' | 'INSTANCE', ref: string, names: readonly string[], id: string) {
  const name = names.find((one) => one === ref);
  if (name === undefined && !id.startsWith(ref))
    throw new Fault('not-found', `${kind}_NOT_FOUND`, `There is no ${kind} "${ref}"`);
  return { id, name: name ?? names[0] };
}
