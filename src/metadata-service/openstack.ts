// The part that OpenStack's readers know: `openstack/<version>/…`. Listings and their order as in Nova 26 (nova.api.metadata).
import { type Answer, bytesAnswer, jsonAnswer, NOT_FOUND, textAnswer } from './answer-shapes.ts';
import type { Documents } from './guest-records.ts';

const CONTENT = 'content';
const LATEST = 'latest';
/** No document: it is asked for and posted (password.ts). */
export const PASSWORD = 'password';
const PASSWORD_SINCE = '2013-04-04';

const ORDER = [
  'meta_data.json',
  'user_data',
  PASSWORD,
  'vendor_data.json',
  'network_data.json',
  'vendor_data2.json',
];

/** What stands at `names`, which do not begin with `openstack`. */
export function answerOpenStack(documents: Documents, names: readonly string[]): Answer {
  const [version, file, content, ...rest] = names;
  if (version === undefined) return textAnswer(versionsOf(documents).join('\n'));
  // guests look for the content beside the versions, and people below them
  if (version === CONTENT) return file === undefined ? NOT_FOUND : fileAt(documents, names);
  if (!isVersion(documents, version)) return NOT_FOUND;
  if (file === undefined) return textAnswer(filesOf(documents, version).join('\n'));
  if (file !== CONTENT) return fileAt(documents, names);
  return content === undefined || rest.length > 0 ? NOT_FOUND : fileAt(documents, [CONTENT, content]);
}

/** Whether the posted password is what stands there. */
export function isPassword(documents: Documents, names: readonly string[]): boolean {
  const [version = '', file, ...rest] = names;
  return file === PASSWORD && rest.length === 0 && hasPassword(version) && isVersion(documents, version);
}

/** Every version has this file. */
function isVersion(documents: Documents, version: string): boolean {
  return documents.has(`openstack/${version}/meta_data.json`);
}

function versionsOf(documents: Documents): readonly string[] {
  const versions = new Set<string>();
  for (const path of documents.keys()) {
    const [top, version = '', file] = path.split('/');
    if (top === 'openstack' && version !== CONTENT && file !== undefined) versions.add(version);
  }
  return [...versions].sort(); // dates sort as text, and `latest` comes after them
}

function filesOf(documents: Documents, version: string): readonly string[] {
  return ORDER.filter((file) =>
    file === PASSWORD ? hasPassword(version) : documents.has(`openstack/${version}/${file}`),
  );
}

function hasPassword(version: string): boolean {
  return version === LATEST || version >= PASSWORD_SINCE;
}

function fileAt(documents: Documents, names: readonly string[]): Answer {
  const bytes = documents.get(['openstack', ...names].join('/'));
  if (bytes === undefined) return NOT_FOUND;
  return names.at(-1)?.endsWith('.json') === true ? jsonAnswer(bytes) : bytesAnswer(bytes);
}
