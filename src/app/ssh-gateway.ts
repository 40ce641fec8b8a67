// The SSH gateway over the engine: who may log in comes from the configuration, the ways into guests from compute.
import { dirname, join } from 'node:path';
import { type AccessSettings, AuditLog, DEFAULT_ACCESS, STARTED_AFTER_MS } from '../audit/index.ts';
import { Fault } from '../base/index.ts';
import type { Compute, Log, Settings } from '../compute/index.ts';
import { onHost } from '../guest/index.ts';
import { makeDirectory } from '../hostlink/index.ts';
import { type Gateway, openGateway, readHostKeys } from '../ssh-gateway/index.ts';
import { DEFAULT_GATEWAY, type GatewaySettings } from './gateway-settings.ts';
import { EngineReach } from './ssh-reach.ts';

/** What the gateway wants to be told by the configuration; defaults where it says nothing. */
export type GatewayWiring = Pick<Settings, 'stateDir'> & {
  readonly access?: AccessSettings;
  readonly sshGateway?: GatewaySettings;
};

/**
 * Listens for SSH clients until it is disposed of. Throws `SSH_NO_SUBJECTS` where nobody could log in, and the faults of
 * keys and of listening.
 */
export async function openSshGateway(compute: Compute, settings: GatewayWiring, log: Log): Promise<Gateway> {
  const { stateDir, access = DEFAULT_ACCESS, sshGateway = DEFAULT_GATEWAY } = settings;
  if (!access.subjects.some(({ keys }) => keys.length > 0)) {
    throw new Fault('invalid', 'SSH_NO_SUBJECTS', 'Nobody could log in: no subject has a public key', {
      hint: 'Add subjects with keys and grants to the configuration file; docs/ssh-gateway.md has an example.',
    });
  }
  const audit = new AuditLog({ path: join(stateDir, 'audit.ndjson'), ...access.audit });
  const folder = sshGateway.hostKeyDir ?? join(stateDir, 'ssh-gateway');
  await onHost(folder, () => makeDirectory(dirname(folder), 0o700));
  return await openGateway({
    listen: { host: sshGateway.host, port: sshGateway.port },
    hostKeys: await readHostKeys({ folder, rsa: sshGateway.rsaHostKey }),
    subjects: access.subjects,
    reach: new EngineReach({ compute, subjects: access.subjects, audit }),
    limits: sshGateway.limits,
    acceptEnv: sshGateway.acceptEnv,
    log,
    record: (record) => audit.write(record),
    startedAfterMs: STARTED_AFTER_MS,
  });
}
