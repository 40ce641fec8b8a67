// What a launch request gives the guest to read: read and checked before anything is made, and then a record.
import { randomBytes } from 'node:crypto';
import { Secret } from '../base/index.ts';
import {
  type AgentConfig,
  type ComposedUserData,
  checkInjectedFiles,
  checkMeta,
  checkWishes,
  composeUserData,
  guestConfig,
  type JsonValue,
  keysByName,
  parsePublicKey,
  RANDOM_SEED_BYTES,
  saltFrom,
  sha512Crypt,
  type UserDataFile,
  vendorDocument,
} from '../metadata/index.ts';
import {
  type GuestInput,
  type Image,
  type InjectedFile,
  type Instance,
  type KeyPair,
  UserData,
} from '../model/index.ts';
import type { LaunchRequest } from './compute.ts';
import { adminUserOf } from './guest-actions.ts';

/** Before it is known which instance it is for. */
export interface GuestDraft {
  readonly keys: readonly KeyPair[];
  readonly userData: ComposedUserData | undefined;
  readonly password: GuestPassword | undefined;
  readonly injectedFiles: readonly InjectedFile[];
  /** What the wishes of the request came to, for people: secrets are masked. */
  readonly cloudConfig: string | undefined;
}

interface GuestPassword {
  /** Whose it is, where it is not the image's administrator's. */
  readonly user: string | undefined;
  readonly hash: Secret;
}

/** What a request gives, read before it is known whether there is such an image. */
export interface GivenInput {
  readonly request: LaunchRequest;
  readonly keys: readonly KeyPair[];
  readonly files: readonly UserDataFile[];
  readonly userData: ComposedUserData | undefined;
  readonly injectedFiles: readonly InjectedFile[];
}

/** Throws the faults of keys, of `meta`, of user data, of wishes and of injected files: a service would find them too late. */
export function readGivenInput(request: LaunchRequest): GivenInput {
  const keys = (request.sshKeys ?? []).map(({ name, publicKey }) => parsePublicKey(name, publicKey));
  keysByName(keys);
  checkMeta(request.metadata ?? {});
  const files = userDataFiles(request);
  const userData = compose(files, request);
  if (request.guest !== undefined) checkWishes(request.guest);
  return { request, keys, files, userData, injectedFiles: checkInjectedFiles(request.files ?? []) };
}

/** Draws the salt of a password's hash. Throws the faults of what the image's system would pass over, and of sizes. */
export function draftFor(given: GivenInput, image: Pick<Image, 'name' | 'properties'>): GuestDraft {
  const { request, keys, files, userData, injectedFiles } = given;
  const { guest: wishes = {}, adminPassword } = request;
  const hash = adminPassword === undefined ? undefined : hashOf(adminPassword);
  const isWindows = image.properties['os_type'] === 'windows';
  const guest = { image: image.name, isWindows, distro: image.properties['os_distro'] };
  const own = guestConfig(wishes, { keys, passwordHash: hash }, guest);
  const whole = own === undefined ? userData : compose([...files, ...own.files(files.length > 0)], request);
  whole?.checkFor(guest);
  return {
    keys,
    userData: whole,
    password: hash === undefined || isWindows ? undefined : { user: wishes.user, hash },
    injectedFiles,
    cloudConfig: own?.shown,
  };
}

/** Draws the seed, once for an instance. */
export function guestInput(
  { keys, userData, password, injectedFiles }: GuestDraft,
  instance: Instance,
  agent: AgentConfig | null,
): GuestInput {
  const config =
    password === undefined ? null : passwordConfig(password.user ?? adminUserOf(instance), password.hash);
  const vendor = vendorDocument(config, agent);
  return {
    keys,
    userData: userData?.data ?? null,
    vendorConfig: vendor === undefined ? null : new UserData(Buffer.from(vendor)),
    files: injectedFiles,
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
function compose(files: readonly UserDataFile[], { validate }: LaunchRequest): ComposedUserData | undefined {
  return files.length === 0 ? undefined : composeUserData(files, validate ?? true);
}

function userDataFiles({ userData }: LaunchRequest): readonly UserDataFile[] {
  const given = userData === undefined ? [] : userData instanceof Uint8Array ? [userData] : userData;
  return given.map((file, at) => {
    if (!(file instanceof Uint8Array)) return file;
    return { name: given.length === 1 ? 'user data' : `user data ${at + 1}`, bytes: file };
  });
}

/**
 * cloudbase-init takes `admin_pass` and no hash; cloud-init does not look at that, and gets the hash as vendor data, which the
 * user's own user data may overrule. Source: cloud-init, module "Set Passwords".
 */
function passwordConfig(name: string, hash: Secret): { readonly [key: string]: JsonValue } {
  return { chpasswd: { expire: false, users: [{ name, type: 'hash', password: hash.reveal() }] } };
}

function hashOf(password: Secret): Secret {
  return new Secret(sha512Crypt(password, saltFrom(randomBytes(16))));
}
