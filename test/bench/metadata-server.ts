// The metadata service in a process of its own, for its benchmark: documents are made anew whenever the
// service asks for them. Each port of the client is an instance. Says its port, and its processor time when asked.

import { documentsOnDemand } from '../../src/metadata/index.ts';
import { DEFAULT_METADATA_LIMITS, MetadataService } from '../../src/metadata-service/index.ts';
import { fullInput } from '../unit/metadata/sample.ts';

const input = fullInput();
const service = new MetadataService({
  listen: [{ host: '127.0.0.1', port: 0 }],
  identification: { kind: 'direct', whoAsks: ({ remotePort }) => `guest ${remotePort}` },
  records: {
    documents: async () => documentsOnDemand(input),
    project: async () => 'fake',
    password: async () => '',
    keepPassword: async () => false,
  },
  limits: { ...DEFAULT_METADATA_LIMITS, connectionsPerSource: DEFAULT_METADATA_LIMITS.connections },
  log: { warn: () => undefined },
});
await service.listen();
process.send?.({ port: service.addresses[0]?.port });
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicros: user + system });
});
