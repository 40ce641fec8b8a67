// A diagnosis as a document: what is wrong, what to do, what was seen.
import type { Diagnosis } from '../../../compute/index.ts';
import type { Document } from '../../output.ts';
import { formatPairs } from '../../table.ts';

export function diagnosisDocument(diagnosis: Diagnosis): Document {
  const { state, code, kind, sentence, cures, evidence } = diagnosis;
  return {
    data: { state, code, kind, sentence, cures: [...cures], evidence: [...evidence] },
    text: () =>
      formatPairs([
        [state === 'healthy' ? 'ok' : state, `${sentence} [${code}]`],
        ...(cures.length === 0 ? [] : [['cure', cures.join('\n')] as const]),
        ['seen', evidence.join('\n')],
      ]),
  };
}
