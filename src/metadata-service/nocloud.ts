// The part that NoCloud's readers know when they are given an address: `nocloud/…`, flat.
import { type Answer, bytesAnswer, NOT_FOUND, textAnswer } from './answer-shapes.ts';
import type { Documents } from './guest-records.ts';

const TOP = 'nocloud';
/** All of them are YAML but this one, which is whatever its owner wrote. */
const USER_DATA = 'user-data';

/** What stands at `names`, which do not begin with `nocloud`. */
export function answerNoCloud(documents: Documents, names: readonly string[]): Answer {
  if (!documents.has(`${TOP}/meta-data`)) return NOT_FOUND;
  const [name, ...rest] = names;
  if (name === undefined) return textAnswer(namesOf(documents).join('\n'));
  const body = rest.length === 0 ? documents.get(`${TOP}/${name}`) : undefined;
  if (body === undefined) return NOT_FOUND;
  return name === USER_DATA ? bytesAnswer(body) : bytesAnswer(body, 'text/yaml; charset=utf-8');
}

function namesOf(documents: Documents): readonly string[] {
  const prefix = `${TOP}/`;
  return [...documents.keys()]
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length))
    .sort();
}
