// Whether a guest was given to read what a wish says. Pure. Nothing of it is shown: user data may hold secrets.
import type { GuestInput, Image, InjectedFile, UserData } from '../../model/index.ts';
import type { LaunchRequest } from '../compute.ts';
import { draftFor, type GuestDraft, readGivenInput } from '../guest-input.ts';
import { asApplied } from './compare-shares.ts';
import type { Difference, WantedInstance } from './requests.ts';

const SHOWN = '[secret]';

/** What a launch of it would be given. Throws what a launch throws of keys, metadata, user data and wishes. */
export function draftOf(wanted: WantedInstance, image: Image | undefined): GuestDraft | undefined {
  const given = readGivenInput(launchRequestOf(wanted));
  return image === undefined ? undefined : draftFor(given, image);
}

/** Its disks are attached when it is there. */
export function launchRequestOf({
  state: _state,
  disks: _disks,
  shares,
  ...request
}: WantedInstance): LaunchRequest {
  return shares === undefined ? request : { ...request, shares: shares.map(asApplied) };
}

/** Keys, user data and injected files, where the wish says anything of them. */
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
  if (wanted.files !== undefined && !isSameFiles(input.files, draft.injectedFiles)) {
    const [from, to] = [input.files, draft.injectedFiles].map(paths);
    differences.push({ key: 'inject_files', from: from ?? null, to: to ?? null });
  }
  return differences;
}

function isSameFiles(from: readonly InjectedFile[], to: readonly InjectedFile[]): boolean {
  if (from.length !== to.length) return false;
  return to.every(({ path, content }) =>
    from.some((file) => file.path === path && Buffer.from(file.content).equals(content)),
  );
}

function paths(files: readonly InjectedFile[]): string | null {
  return files.length === 0 ? null : files.map(({ path }) => path).join(', ');
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
