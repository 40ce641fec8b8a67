// A template as it is told: with who uses it, and whether its memory fits this host.
import type { Template } from '../../model/index.ts';
import type { Tools } from '../tools.ts';
import { memoryHost, misfit } from './memory-host.ts';
import type { TemplateView } from './requests.ts';

export async function templateViews(
  tools: Tools,
  templates: readonly Template[],
): Promise<readonly TemplateView[]> {
  return await Promise.all(templates.map((template) => templateView(tools, template)));
}

export async function templateView(tools: Tools, template: Template): Promise<TemplateView> {
  const users = tools.store.templates.users(template.id).map(({ name }) => name);
  return { template, users, stale: await staleness(tools, template) };
}

/** Null for one that is still being made. */
export async function staleness(tools: Tools, { host, guest }: Template): Promise<string | null> {
  if (host === null || guest === null) return null;
  return misfit(host, await memoryHost(tools, guest, host.machine));
}
