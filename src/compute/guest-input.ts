// What a launch request gives the guest to read: read and checked before anything is made, and then a record.
import { randomBytes } from 'node:crypto';
import { Secret } from '../base/index.ts';
import {
  type ComposedUserData,
  composeUserData,
  type GuestConfig,
  guestConfig,
  parsePublicKey,
  RANDOM_SEED_BYTES,
  saltFrom,
  sha512Crypt,
} from '../metadata/index.ts';
import { type GuestInput, type Image, type Instance, type KeyPair, UserData } from '../model/index.ts';
import type { LaunchRequest } from './compute.ts';
import { adminUserOf } from './guest-actions.ts';

/** Before it is known which instance it is for. */
export interface GuestDraft {
  readonly keys: readonly KeyPair[];
  readonly userData: ComposedUserData | undefined;
  readonly password: GuestPassword | undefined;
  /** What the wishes of the request came to, for people: secrets are masked. */
  readonly cloudConfig: string | undefined;
}

interface GuestPassword {
  /** Whose it is, where it is not the image's administrator's. */
  readonly user: string | undefined;
  readonly hash: Secret;
}

/** Draws the salt of a password's hash. Throws the faults of keys, of wishes and of user data. */
export function readGuestDraft(request: LaunchRequest, image: Image): GuestDraft {
  const keys = (request.sshKeys ?? []).map(({ name, publicKey }) => parsePublicKey(name, publicKey));
  const { guest: wishes = {}, adminPassword } = request;
  const hash = adminPassword === undefined ? undefined : hashOf(adminPassword);
  const isWindows = image.properties['os_type'] === 'windows';
  const guest = { image: image.name, isWindows, distro: image.properties['os_distro'] };
  const own = guestConfig(wishes, { keys, passwordHash: hash }, guest);
  const userData = readUserData(request, own);
  userData?.checkFor(guest);
  return {
    keys,
    userData,
    password: hash === undefined ? undefined : { user: wishes.user, hash },
    cloudConfig: own?.shown,
  };
}

/** Draws the seed, once for an instance. */
export function guestInput({ keys, userData, password }: GuestDraft, instance: Instance): GuestInput {
  return {
    keys,
    userData: userData?.data ?? null,
    vendorConfig:
      password === undefined ? null : passwordConfig(password.user ?? adminUserOf(instance), password.hash),
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

/** No file at all, and no wish, is no user data. */
function readUserData(
  { userData, validate }: LaunchRequest,
  own: GuestConfig | undefined,
): ComposedUserData | undefined {
  const given = userData === undefined ? [] : userData instanceof Uint8Array ? [userData] : userData;
  if (given.length === 0 && own === undefined) return undefined;
  const files = given.map((file, at) => {
    if (!(file instanceof Uint8Array)) return file;
    return { name: given.length === 1 ? 'user data' : `user data ${at + 1}`, bytes: file };
  });
  return composeUserData([...files, ...(own?.files(files.length > 0) ?? [])], validate ?? true);
}

/**
 * cloudbase-init takes `admin_pass`; cloud-init does not look at it, and gets the password's hash as vendor data, which the
 * user's own user data may overrule. Source: cloud-init, module "Set Passwords".
 */
function passwordConfig(name: string, hash: Secret): UserData {
  const user = { name, type: 'hash', password: hash.reveal() };
  const config = { chpasswd: { expire: false, users: [user] } };
  return new UserData(Buffer.from(`#cloud-config\n${JSON.stringify(config)}\n`));
}

function hashOf(password: Secret): Secret {
  return new Secret(sha512Crypt(password, saltFrom(randomBytes(16))));
}
