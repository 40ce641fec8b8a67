// Whose a test's instances are: a tag of their records, which copies of an instance inherit, names the process that made them,
// so that another process can tell what nobody needs any more.
import type { Instance } from '../model/index.ts';
import { hasEnded, lookAtProcess, ownIdentity, type ProcessIdentity } from '../store/index.ts';

/** What failed and was kept for a person; nobody else removes it. */
export const KEPT_TAG = 'novalet-test-kept';

/** Of a guest that no template could be made of: nobody waits for one. */
export const ALONE_TAG = 'novalet-test-alone';

const PREFIX = 'novalet-test:';
const TAG = new RegExp(`^${PREFIX}([0-9a-z]+)\\.([0-9a-z]*)\\.([0-9a-f]{8})\\.([0-9a-z]+)\\.[0-9a-f]{8}$`);
const TEMPLATE_PREFIX = 'test-';
const BOOT_DIGITS = 8;

/** A process, with as much of each fact as a tag of 60 characters holds. */
export type TestOwner = ProcessIdentity;

/** This process. */
export function ownTestOwner(): TestOwner {
  return shortened(ownIdentity());
}

/** `id`: eight hexadecimal digits that tell one fixture of the process from another. */
export function ownerTag({ pid, startTime, bootId, pidNamespace }: TestOwner, id: string): string {
  const start = startTime === '' ? '' : Number(startTime).toString(36);
  const namespace = Number(namespaceNumber(pidNamespace)).toString(36);
  return `${PREFIX}${pid.toString(36)}.${start}.${bootId}.${namespace}.${id}`;
}

/** The owner that a tag names; undefined for any other word. */
export function readOwnerTag(tag: string): TestOwner | undefined {
  const [, pid, start, bootId, namespace] = TAG.exec(tag) ?? [];
  if (pid === undefined || start === undefined || bootId === undefined || namespace === undefined)
    return undefined;
  return {
    pid: Number.parseInt(pid, 36),
    startTime: start === '' ? '' : String(Number.parseInt(start, 36)),
    bootId,
    pidNamespace: `pid:[${Number.parseInt(namespace, 36)}]`,
  };
}

/** The name of a template that one fixture alone uses. */
export function ownTemplateName(tag: string): string {
  return `${TEMPLATE_PREFIX}${tag.slice(PREFIX.length)}`;
}

/** The owner that a template's name tells; undefined for any other template. */
export function readTemplateOwner(name: string): TestOwner | undefined {
  return name.startsWith(TEMPLATE_PREFIX)
    ? readOwnerTag(PREFIX + name.slice(TEMPLATE_PREFIX.length))
    : undefined;
}

/** Whether the process that `instance` was made for has certainly ended. False for an instance that no test made. */
export function isOrphan({ tags }: Pick<Instance, 'tags'>, self: TestOwner, look = lookAtProcess): boolean {
  const owners = tags.map(readOwnerTag).filter((owner) => owner !== undefined);
  return owners.length > 0 && owners.every((owner) => hasEnded(owner, self, look));
}

function shortened(identity: ProcessIdentity): TestOwner {
  return {
    ...identity,
    bootId: identity.bootId.replaceAll('-', '').slice(0, BOOT_DIGITS),
    pidNamespace: `pid:[${namespaceNumber(identity.pidNamespace)}]`,
  };
}

function namespaceNumber(link: string): string {
  return /^pid:\[(\d+)\]$/.exec(link)?.[1] ?? '0';
}
