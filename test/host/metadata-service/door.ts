// The metadata service in a network namespace: listens at the address and port given, and knows guests by their addresses.
// Each guest's only document is its own name.
import { DEFAULT_METADATA_LIMITS, MetadataService } from '../../../src/metadata-service/index.ts';

const [, , host = '', port = '0', ...guests] = process.argv;
const names = new Map(guests.map((guest) => [guest, `guest ${guest}`]));
const service = new MetadataService({
  listen: [{ host, port: Number(port) }],
  identification: { kind: 'direct', whoAsks: ({ remoteAddress }) => names.get(remoteAddress) },
  records: {
    documents: async (instance) => new Map([['ec2/2009-04-04/user-data', Buffer.from(instance)]]),
    project: async () => undefined,
    password: async () => '',
    keepPassword: async () => false,
  },
  limits: DEFAULT_METADATA_LIMITS,
  log: { warn: () => undefined },
});
await service.listen();
process.stdout.write('listening\n');
