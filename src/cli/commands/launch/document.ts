// What was launched from a template, for people and for programs.
import type { Fault } from '../../../base/index.ts';
import { instanceDocument } from '../../documents.ts';
import type { Document } from '../../output.ts';
import { instanceRecord } from '../../records.ts';
import { formatTable } from '../../table.ts';
import type { Clone } from './clones.ts';

/** `isPasswordShown`: passwords that were made up are shown here once, and nowhere again. */
export function cloneDocument(clone: Clone, isPasswordShown: boolean): Document {
  const password = isPasswordShown ? passwordOf(clone) : undefined;
  return {
    data: cloneRecord(clone, isPasswordShown),
    text: () => instanceDocument(clone.view, password).text(),
  };
}

export function clonesDocument(clones: readonly Clone[], isPasswordShown: boolean): Document {
  return {
    data: clones.map((clone) => cloneRecord(clone, isPasswordShown)),
    text: () =>
      formatTable({
        head: ['NAME', 'STATUS', 'WAY', 'ADDRESSES', 'ID', ...(isPasswordShown ? ['ADMIN_PASS'] : [])],
        rows: clones.map((clone) => [
          clone.view.instance.name,
          clone.view.status,
          clone.way,
          clone.view.addresses.join(', ') || '-',
          clone.view.instance.id,
          ...(isPasswordShown ? [passwordOf(clone) ?? '-'] : []),
        ]),
      }),
  };
}

export function cloneRecord(clone: Clone, isPasswordShown: boolean) {
  const { view, way, why } = clone;
  const password = isPasswordShown ? passwordOf(clone) : undefined;
  return {
    ...instanceRecord(view),
    ...(password === undefined ? {} : { admin_pass: password }),
    way,
    why: why && whyRecord(why),
  };
}

function whyRecord({ kind, code, message, hint }: Fault) {
  return { kind, code, message, hint: hint ?? null };
}

function passwordOf({ wish }: Clone): string | undefined {
  return wish.request.adminPassword?.reveal();
}
