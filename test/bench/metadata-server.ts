// The metadata service in a process of its own, for its benchmark: over an engine and a database with a record for each
// guest, as novalet serve has them. Each port of the client is an instance. Says its port, and its processor time when asked.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCompute } from '../../src/app/index.ts';
import { guestRecords } from '../../src/app/metadata/records.ts';
import { newUuid } from '../../src/base/index.ts';
import { DEFAULT_METADATA_LIMITS, MetadataService } from '../../src/metadata-service/index.ts';
import { parsePublicKey, UserData } from '../../src/model/index.ts';
import { openStore } from '../../src/store/index.ts';
import { disk, ED25519_KEY, port } from '../unit/metadata/sample.ts';
import { anInstance } from '../unit/store/an-instance.ts';

const GUESTS = 200;

const folder = mkdtempSync(join(tmpdir(), 'nvt-metadata-'));
process.once('SIGTERM', () => process.exit());
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const configFile = join(folder, 'novalet.yaml');
writeFileSync(configFile, `connect: qemu:///system\nstate_dir: ${folder}/state\n`);
const compute = await openCompute({ configFile });
const ids = Array.from({ length: GUESTS }, newUuid);
using store = openStore(join(folder, 'state', 'novalet.db'));
const watching = openStore(store.path); // open as long as the process
store.transaction(() => ids.forEach(addGuest));

function addGuest(id: string, number: number): void {
  const name = `guest-${number}`;
  const own = { id, number, name, hostname: name, domainName: name };
  const fixedIps = [{ address: `192.0.2.${number}`, prefix: 24 }];
  const disks = [disk('root', 'vda'), disk('swap', 'vdb')];
  store.instances.insert(anInstance({ ...own, disks, ports: [port({ fixedIps })] }));
  store.guestInputs.insert(id, {
    keys: [parsePublicKey('laptop', ED25519_KEY)],
    userData: new UserData(
      Buffer.from(`#cloud-config\nwrite_files: [{ content: "${'x'.repeat(16_000)}" }]\n`),
    ),
    vendorConfig: null,
    files: [],
    randomSeed: new Uint8Array(512),
  });
}

/** As they come, each port is the next guest. */
const guestOfPort = new Map<number, string>();
function whoAsks(remotePort: number): string | undefined {
  const known = guestOfPort.get(remotePort) ?? ids[guestOfPort.size % GUESTS];
  if (known !== undefined) guestOfPort.set(remotePort, known);
  return known;
}

const service = new MetadataService({
  listen: [{ host: '127.0.0.1', port: 0 }],
  identification: { kind: 'direct', whoAsks: ({ remotePort }) => whoAsks(remotePort) },
  records: guestRecords(compute, { store: watching }),
  limits: { ...DEFAULT_METADATA_LIMITS, connectionsPerSource: DEFAULT_METADATA_LIMITS.connections },
  log: { warn: (facts, message) => process.stderr.write(`${message} ${JSON.stringify(facts)}\n`) },
});
await service.listen();
process.send?.({ port: service.addresses[0]?.port });
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicros: user + system });
});
