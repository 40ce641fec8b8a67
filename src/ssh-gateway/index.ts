import type { Secret } from '../base/index.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import type { HostKeyOptions } from './host-keys.ts';

export type { Gateway, GatewayOptions } from './gateway.ts';
export type { HostKeyOptions } from './host-keys.ts';
export { DEFAULT_LIMITS, type GatewayLimits } from './limits.ts';
export type { Login } from './login.ts';
export type {
  Admission,
  GatewaySubject,
  GuestAddress,
  GuestCaller,
  GuestListener,
  GuestReach,
  Rights,
  SessionRecord,
  SshReach,
} from './reach.ts';

// ssh2 takes longer to load than most commands take to run: it comes with the first call of one of these.

/** Listens when it resolves. Throws `SSH_KEY_INVALID`, `SSH_LISTEN_FAILED`. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { Gateway } = await import('./gateway.ts');
  const gateway = new Gateway(options);
  await gateway.listen();
  return gateway;
}

/** The gateway's own keys, made where they are missing. Throws `HOST_KEY_EXPOSED`, `HOST_KEY_UNUSABLE`. */
export async function readHostKeys(options: HostKeyOptions): Promise<readonly Secret[]> {
  const { ensureHostKeys } = await import('./host-keys.ts');
  return ensureHostKeys(options);
}
