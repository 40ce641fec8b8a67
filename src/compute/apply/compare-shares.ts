// Which shared folders an instance has too many and too few. Pure. One is known again by its tag; those that no file asked for
// are left alone.
import type { Instance, Share, ShareRequest } from '../../model/index.ts';
import type { Change } from './change.ts';

/** `realPath`: what a path leads to, as the record has it. */
export function sharesChange(
  wanted: readonly ShareRequest[] | undefined,
  { id, shares }: Instance,
  realPath: (path: string) => string,
): Change | undefined {
  if (wanted === undefined) return undefined;
  const there = (tag: string) => shares.find((share) => share.tag === tag);
  const missing = wanted.filter((request) => !isSame(there(request.tag), request, realPath));
  const gone = shares.filter(({ tag, isApplied }) => {
    const isNamed = wanted.some((request) => request.tag === tag);
    return isNamed ? missing.some((request) => request.tag === tag) : isApplied === true;
  });
  if (gone.length + missing.length === 0) return undefined;
  const key = (tag: string) => `shares.${tag}`;
  return {
    differences: [
      ...gone.map((share) => ({ key: key(share.tag), from: words(share), to: null })),
      ...missing.map((request) => ({ key: key(request.tag), from: null, to: words(request) })),
    ],
    acts: [
      ...gone.map(({ tag }) => ({ kind: 'remove-share' as const, id, tag })),
      ...missing.map((request) => ({ kind: 'add-share' as const, id, request: asApplied(request) })),
    ],
    needs: ['stop'],
  };
}

/** So that a later file may take it away. */
export function asApplied(request: ShareRequest): ShareRequest {
  return { ...request, isApplied: true };
}

function isSame(
  found: Share | undefined,
  { path, driver, readOnly = false }: ShareRequest,
  realPath: (path: string) => string,
): boolean {
  if (found === undefined || found.path !== realPath(path) || found.readOnly !== readOnly) return false;
  return driver === undefined || driver === found.driver;
}

function words({ path, driver, readOnly }: ShareRequest): string {
  return [path, driver, readOnly === true ? 'read only' : undefined]
    .filter((word) => word !== undefined)
    .join(', ');
}
