// What a client writes before the @: `NAME`, or `USER+NAME` for a user of the guest. Pure.

export interface Login {
  /** As written: a name, or the beginning of a UUID. */
  readonly instance: string;
  /** Undefined is the guest's admin user. */
  readonly guestUser: string | undefined;
}

const INSTANCE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
/** Never an option of a program, never a path. `\` is for Windows' and winbind's DOMAIN\user. */
const GUEST_USER = /^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,62}\$?$/;

/** Undefined for what names no instance. The last `+` counts: names of instances have none. */
export function parseLogin(text: string): Login | undefined {
  if (text.length > 128) return undefined;
  const plus = text.lastIndexOf('+');
  const instance = text.slice(plus + 1);
  if (!INSTANCE.test(instance)) return undefined;
  if (plus < 0) return { instance, guestUser: undefined };
  const guestUser = text.slice(0, plus);
  return GUEST_USER.test(guestUser) ? { instance, guestUser } : undefined;
}
