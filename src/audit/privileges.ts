// Who may do what inside which guest, as pure decisions. Modelled on the guest-agent privileges of Proxmox VE 9.
// Knows no guests and no configuration file: an instance is a name and tags here.
import { Fault } from '../base/index.ts';

/** In the order of docs/security.md. `manage` changes how a guest is reached or what it runs on. */
export const PRIVILEGES = [
  'info',
  'exec',
  'files-read',
  'files-write',
  'credentials',
  'forward',
  'manage',
] as const;
export type Privilege = (typeof PRIVILEGES)[number];

/** What a subject may do in some instances. */
export interface Grant {
  /** Names with `*` for any run of characters, and tags as `tag:NAME` (with `*` too). */
  readonly instances: readonly string[];
  readonly privileges: readonly Privilege[];
  /** Users of the guest that may be acted as; null is any of them. */
  readonly guestUsers: readonly string[] | null;
}

/** Somebody who reaches into guests. */
export interface Subject {
  readonly name: string;
  /** Lines as in authorized_keys, without options. */
  readonly keys: readonly string[];
  /** `all` may everything, everywhere. */
  readonly grants: 'all' | readonly Grant[];
}

export interface InstanceFacts {
  readonly name: string;
  readonly tags: readonly string[];
}

/** Whoever runs the program with the state directory in hand; could change every record there anyway. */
export const LOCAL: Subject = { name: 'local', keys: [], grants: 'all' };

/** Whether `subject` may; `guestUser` is left out where the act is not done as a user of the guest. */
export function allows(
  subject: Subject,
  privilege: Privilege,
  instance: InstanceFacts,
  guestUser?: string,
): boolean {
  if (subject.grants === 'all') return true;
  return subject.grants.some(
    (grant) => grant.privileges.includes(privilege) && reaches(grant, instance) && mayActAs(grant, guestUser),
  );
}

/** Whether anything at all is granted there: if not, the instance does not exist for this subject. */
export function sees(subject: Subject, instance: InstanceFacts): boolean {
  if (subject.grants === 'all') return true;
  return subject.grants.some((grant) => grant.privileges.length > 0 && reaches(grant, instance));
}

/** What is asked for, and how to answer where the subject may not know that the instance exists. */
export interface Demand {
  readonly subject: Subject;
  readonly privilege: Privilege;
  readonly instance: InstanceFacts;
  readonly guestUser?: string | undefined;
  /** The fault for an instance that does not exist, as the caller words it. */
  readonly notFound: () => Fault;
}

/** Returns where `allows`; throws `PRIVILEGE_MISSING`, or `notFound()` where nothing at all is granted. */
export function demand({ subject, privilege, instance, guestUser, notFound }: Demand): void {
  if (allows(subject, privilege, instance, guestUser)) return;
  throw sees(subject, instance) ? missing(subject, privilege, instance, guestUser) : notFound();
}

function missing(
  subject: Subject,
  privilege: Privilege,
  instance: InstanceFacts,
  guestUser: string | undefined,
): Fault {
  const as = guestUser === undefined ? '' : ` as ${guestUser}`;
  return new Fault(
    'denied',
    'PRIVILEGE_MISSING',
    `${subject.name} may not use ${privilege} in ${instance.name}${as}`,
    {
      hint: `In the configuration file, under subjects, give ${subject.name} a grant with instances: [${instance.name}] and privileges: [${privilege}]${guestUser === undefined ? '' : `, and guest_users with ${guestUser} or without guest_users`}.`,
      details: { subject: subject.name, privilege, instance: instance.name },
    },
  );
}

function reaches(grant: Grant, instance: InstanceFacts): boolean {
  return grant.instances.some((pattern) =>
    pattern.startsWith('tag:')
      ? instance.tags.some((tag) => matches(pattern.slice('tag:'.length), tag))
      : matches(pattern, instance.name),
  );
}

function mayActAs(grant: Grant, guestUser: string | undefined): boolean {
  return grant.guestUsers === null || guestUser === undefined || grant.guestUsers.includes(guestUser);
}

/** `*` is any run of characters, all else is itself. Takes time in proportion to pattern times text, whatever they are. */
function matches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
