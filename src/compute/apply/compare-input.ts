// Whether a guest was given to read what a wish says. Pure. Nothing of it is shown: user data may hold secrets.
import type { GuestInput, Image, UserData } from '../../model/index.ts';
import type { LaunchRequest } from '../compute.ts';
import { draftFor, type GuestDraft, readGivenInput } from '../guest-input.ts';
import type { Difference, WantedInstance } from './requests.ts';

const SHOWN = '[secret]';

/** What a launch of it would be given. Throws what a launch throws of keys, metadata, user data and wishes. */
export function draftOf(wanted: WantedInstance, image: Image | undefined): GuestDraft | undefined {
  const given = readGivenInput(launchRequestOf(wanted));
  return image === undefined ? undefined : draftFor(given, image);
}

export function launchRequestOf({ state: _unused, ...request }: WantedInstance): LaunchRequest {
  return request;
}

/** Keys and user data, where the wish says anything of them. */
export function inputDifferences(
  wanted: WantedInstance,
  draft: GuestDraft,
  input: GuestInput,
): readonly Difference[] {
  const differences: Difference[] = [];
  if (wanted.sshKeys !== undefined) {
    const [from, to] = [input.keys, draft.keys].map((keys) => JSON.stringify(keys));
    if (from !== to) differences.push({ key: 'ssh_keys', from: names(input.keys), to: names(draft.keys) });
  }
  if (saysUserData(wanted) && !isSame(input.userData, draft.userData?.data ?? null)) {
    const from = input.userData === null ? null : SHOWN;
    differences.push({ key: 'user_data', from, to: draft.userData === undefined ? null : SHOWN });
  }
  return differences;
}

/** Everything that becomes user data; a host name is in the record. */
export function saysUserData({
  userData,
  guest: { hostname: _unused, ...wishes } = {},
}: WantedInstance): boolean {
  return userData !== undefined || Object.values(wishes).some((wish) => wish !== undefined);
}

function isSame(from: UserData | null, to: UserData | null): boolean {
  if (from === null || to === null) return from === to;
  return Buffer.from(from.reveal()).equals(to.reveal());
}

function names(keys: readonly { readonly name: string }[]): string | null {
  return keys.length === 0 ? null : keys.map(({ name }) => name).join(', ');
}
