// What `launch --dry-run` prints. Apart from the other documents because it needs the engine's words for its steps.
import { type BuildPlan, STEP_WORDS } from '../compute/index.ts';
import { flavorWords } from './documents.ts';
import type { Document } from './output.ts';
import { builtRecord } from './records.ts';
import { formatPairs, formatTable } from './table.ts';

export function planDocument(plan: BuildPlan): Document {
  const { instance } = plan;
  const steps = plan.steps.map(({ kind }) => ({ step: kind, what: STEP_WORDS[kind] }));
  return {
    data: {
      instance: { id: instance.id, name: instance.name, ...builtRecord(instance) },
      steps,
      domain_xml: plan.domainXml,
      ...(plan.cloudConfig === undefined ? {} : { cloud_config: plan.cloudConfig }),
    },
    text: () => {
      const pairs = formatPairs([
        ['name', instance.name],
        ['flavor', `${instance.flavor.name} (${flavorWords(instance.flavor)})`],
        ['image', instance.image.name],
      ]);
      const rows = steps.map(({ step, what }) => [step, what]);
      const table = formatTable({ head: ['STEP', 'WHAT'], rows });
      const own = plan.cloudConfig === undefined ? '' : `\n${plan.cloudConfig}`;
      return `${pairs}\n${table}${own}`;
    },
  };
}
