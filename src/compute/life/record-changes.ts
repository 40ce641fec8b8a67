// Changes of the record alone: lock, name, metadata, tags. Documents for the guest are made from records whenever somebody
// asks, so that the metadata service tells what is new at once; a drive keeps what it was made with, as with Nova.
import { Fault } from '../../base/index.ts';
import { checkMeta } from '../../metadata/index.ts';
import { type Action, checkTags, type Instance } from '../../model/index.ts';
import type { LockOptions, RecordChange } from '../life-requests.ts';
import { requireState, requireUnlocked } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';

const LONGEST_REASON = 255;

/** Throws `LOCK_REASON_INVALID`. */
export function lockInstance(tools: Tools, ref: string, { reason }: LockOptions): Instance {
  const why = reason === undefined || reason === '' ? null : checkReason(reason);
  const at = new Date().toISOString();
  return change(tools, ref, 'lock', (current) => ({ ...current, lock: { reason: why, at } }));
}

export function unlockInstance(tools: Tools, ref: string): Instance {
  return change(tools, ref, 'unlock', (current) => ({ ...current, lock: null }));
}

export function changeRecord(tools: Tools, ref: string, wanted: RecordChange): Instance {
  return change(tools, ref, 'change-record', (current) => ({
    ...current,
    metadata: changedMetadata(current.metadata, wanted.metadata ?? {}),
    tags: changedTags(current.tags, wanted),
  }));
}

/** No lease: a record changes in one step, and what an action under way writes it writes into the record as it is then. */
function change(tools: Tools, ref: string, action: Action, next: (current: Instance) => Instance): Instance {
  const { id } = tools.store.instances.find(ref);
  return tools.store.instances.change(id, (current) => {
    requireState(current, action, current.vmState);
    requireUnlocked(current, action);
    return next(current);
  });
}

/** The metadata with what is wanted; null removes. Throws `META_KEY_INVALID` and `META_VALUE_TOO_LONG`. */
export function changedMetadata(
  metadata: Instance['metadata'],
  wanted: NonNullable<RecordChange['metadata']>,
): Instance['metadata'] {
  const merged = Object.entries({ ...metadata, ...wanted });
  return checkMeta(
    Object.fromEntries(merged.flatMap(([key, value]) => (value === null ? [] : [[key, value]]))),
  );
}

/** A tag that is to go and to come stays. Throws `TAG_INVALID`. */
export function changedTags(
  tags: readonly string[],
  { addTags = [], removeTags = [] }: RecordChange,
): readonly string[] {
  return checkTags([...tags.filter((tag) => !removeTags.includes(tag)), ...addTags]);
}

function checkReason(reason: string): string {
  if ([...reason].length <= LONGEST_REASON && !/\p{Cc}/u.test(reason)) return reason;
  throw new Fault('invalid', 'LOCK_REASON_INVALID', 'That cannot be the reason of a lock', {
    hint: `Use one line of at most ${LONGEST_REASON} characters.`,
  });
}
