// Whether a user may open something, from mode bits alone. Pure. Access control lists are not looked at: they can allow
// more than is seen here. Rules: path_resolution(7).

/** A user with all of its groups, primary and supplementary. */
export interface Identity {
  readonly name: string;
  readonly uid: number;
  readonly gids: readonly number[];
}

export interface Owned {
  /** As in stat(2); only the permission bits count. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export const READ = 4;
export const WRITE = 2;
export const SEARCH = 1;

/** Whether `who` has all the rights in `rights`, a sum of READ, WRITE and SEARCH. */
export function mayAccess(who: Identity, what: Owned, rights: number): boolean {
  if (who.uid === 0) return true;
  return (permissionsOf(who, what) & rights) === rights;
}

/** One class counts, the most specific: an owner without a right does not get it from the group. */
function permissionsOf(who: Identity, what: Owned): number {
  if (who.uid === what.uid) return (what.mode >> 6) & 7;
  if (who.gids.includes(what.gid)) return (what.mode >> 3) & 7;
  return what.mode & 7;
}
