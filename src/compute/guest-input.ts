// What a launch request gives the guest to read: read and checked before anything is made, and then a record.
import { randomBytes } from 'node:crypto';
import type { Secret } from '../base/index.ts';
import {
  type ComposedUserData,
  composeUserData,
  parsePublicKey,
  RANDOM_SEED_BYTES,
  saltFrom,
  sha512Crypt,
} from '../metadata/index.ts';
import { type GuestInput, type Instance, type KeyPair, UserData } from '../model/index.ts';
import type { LaunchRequest } from './compute.ts';
import { adminUserOf } from './guest-actions.ts';

/** Before it is known which instance it is for. */
export interface GuestDraft {
  readonly keys: readonly KeyPair[];
  readonly userData: ComposedUserData | undefined;
  readonly adminPassword: Secret | undefined;
}

/** Throws the faults of keys and of user data. */
export function readGuestDraft(request: LaunchRequest): GuestDraft {
  return {
    keys: (request.sshKeys ?? []).map(({ name, publicKey }) => parsePublicKey(name, publicKey)),
    userData: readUserData(request),
    adminPassword: request.adminPassword,
  };
}

/** Draws what is random: the seed, and the salt of a password's hash. Once for an instance. */
export function guestInput({ keys, userData, adminPassword }: GuestDraft, instance: Instance): GuestInput {
  return {
    keys,
    userData: userData?.data ?? null,
    vendorConfig: adminPassword === undefined ? null : passwordConfig(adminUserOf(instance), adminPassword),
    files: [],
    randomSeed: randomBytes(RANDOM_SEED_BYTES),
  };
}

/** Of an instance that was given nothing: it was adopted, or is from before inputs were kept. */
export function noGuestInput(): GuestInput {
  return {
    keys: [],
    userData: null,
    vendorConfig: null,
    files: [],
    randomSeed: randomBytes(RANDOM_SEED_BYTES),
  };
}

/** No file at all is no user data. */
function readUserData({ userData, validate }: LaunchRequest): ComposedUserData | undefined {
  const given = userData === undefined ? [] : userData instanceof Uint8Array ? [userData] : userData;
  if (given.length === 0) return undefined;
  const files = given.map((file, at) => {
    if (!(file instanceof Uint8Array)) return file;
    return { name: given.length === 1 ? 'user data' : `user data ${at + 1}`, bytes: file };
  });
  return composeUserData(files, validate ?? true);
}

/**
 * cloudbase-init takes `admin_pass`; cloud-init does not look at it, and gets the password's hash as vendor data, which the
 * user's own user data may overrule. Source: cloud-init, module "Set Passwords".
 */
function passwordConfig(name: string, password: Secret): UserData {
  const user = { name, type: 'hash', password: sha512Crypt(password, saltFrom(randomBytes(16))) };
  const config = { chpasswd: { expire: false, users: [user] } };
  return new UserData(Buffer.from(`#cloud-config\n${JSON.stringify(config)}\n`));
}
