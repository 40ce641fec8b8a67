// What makes one instance of many copies: made here, before the copy runs, and written to its script's standard input.
import { createHash, randomBytes } from 'node:crypto';
import { Fault, isUuid, Secret } from '../../base/index.ts';
import { type HostKey, type HostKeyType, makeHostKeys } from './host-keys.ts';

export interface Identity {
  /** Its first label becomes the hostname; all of it stands in /etc/hosts. */
  readonly hostname: string;
  /** 32 hexadecimal digits. */
  readonly machineId: string;
  readonly hostKeys: readonly HostKey[];
  /** 64 bytes in hexadecimal digits. */
  readonly randomSeed: Secret;
}

export interface IdentityRequest {
  readonly hostname: string;
  /** A UUID; the machine-id is made of it, as systemd makes it of a virtual machine's. */
  readonly instanceId: string;
  /** Of the template: a guest without an RSA key gets none, which saves the second that one takes. */
  readonly hostKeyTypes: readonly HostKeyType[];
}

const LONGEST_NAME = 253;
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const HOSTNAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, 'i');
const MACHINE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SEED = /^[0-9a-f]{128}$/;

/** Throws `IDENTITY_INVALID`. */
export async function makeIdentity({
  hostname,
  instanceId,
  hostKeyTypes,
}: IdentityRequest): Promise<Identity> {
  if (!isUuid(instanceId)) throw wrong('An instance id', 'is not a UUID');
  const identity = {
    hostname,
    machineId: instanceId.replaceAll('-', ''),
    randomSeed: new Secret(randomBytes(64).toString('hex')),
  };
  check(identity);
  const comment = `root@${hostname.split('.', 1).join('')}`;
  return { ...identity, hostKeys: await makeHostKeys(hostKeyTypes, comment) };
}

/** The standard input of RENEW_SCRIPT; `clockMs` is what the guest's clock shall say. Throws `IDENTITY_INVALID`. */
export function renewalInput(identity: Identity, clockMs: number): Secret {
  check(identity);
  const { hostname, machineId, hostKeys, randomSeed } = identity;
  const lines = [
    `clock ${(clockMs / 1000).toFixed(3)}`,
    `hostname ${hostname}`,
    `machine-id ${machineId}`,
    `random ${randomSeed.reveal()}`,
    `seed ${seedForDisk(randomSeed)}`,
    ...hostKeys.flatMap(keyLines),
    'end',
  ];
  return new Secret(`${lines.join('\n')}\n`);
}

function keyLines({ type, privateKey, publicKey }: HostKey): readonly string[] {
  const own = privateKey.reveal().trimEnd().split('\n');
  return [`key ${type}`, `public ${publicKey}`, ...own.map((line) => `private ${line}`), 'written'];
}

/** Another one, that does not tell what the kernel was given. */
function seedForDisk(seed: Secret): string {
  return createHash('sha512').update(`for the next boot ${seed.reveal()}`).digest('hex');
}

function check({ hostname, machineId, randomSeed }: Omit<Identity, 'hostKeys'>): void {
  if (hostname.length > LONGEST_NAME || !HOSTNAME.test(hostname))
    throw wrong('A hostname', 'has other than letters, digits and hyphens in its labels, or is too long');
  if (!MACHINE_ID.test(machineId)) throw wrong('A machine-id', 'is not 32 hexadecimal digits');
  if (!SEED.test(randomSeed.reveal())) throw wrong('A random seed', 'is not 64 bytes in hexadecimal digits');
}

function wrong(what: string, problem: string): Fault {
  return new Fault('invalid', 'IDENTITY_INVALID', `${what} for a guest ${problem}`, {
    hint: 'Correct the call; nothing was sent to the guest.',
  });
}
