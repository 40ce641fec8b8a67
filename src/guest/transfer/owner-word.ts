// Whose a copy shall be, as chown takes it.

/** A user alone brings the group of its login along. */
export function ownerWord(owner: string | undefined): string {
  if (owner === undefined) return '';
  return owner.includes(':') || /^\d+$/.test(owner) ? owner : `${owner}:`;
}
