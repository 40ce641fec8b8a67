// An instance whose disks lie over a template's no longer: the template may go then.
import type { Instance } from '../../model/index.ts';

/** Pure. */
export function withoutTemplate({ templateId: _former, ...instance }: Instance): Instance {
  return instance;
}
