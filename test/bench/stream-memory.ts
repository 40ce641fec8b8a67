// Streams out of a guest over a lane in a process that does nothing else, and prints what it grew by after the first eighth.
// Operands: configuration file, instance, bytes.
import { openCompute } from '../../src/app/index.ts';

const [configFile = '', id = '', size = ''] = process.argv.slice(2);
await using compute = await openCompute({ configFile });
const access = await compute.guest(id, { via: 'lane' });
await using program = await access.spawn({ argv: ['head', '-c', size, '/dev/zero'] });
let bytes = 0;
let early = 0;
let most = 0;
for await (const chunk of program.stdout) {
  bytes += chunk.length;
  const rss = process.memoryUsage.rss();
  if (bytes < Number(size) / 8) early = Math.max(early, rss);
  most = Math.max(most, rss);
}
if (bytes !== Number(size)) throw new Error(`${bytes} bytes came`);
process.stdout.write(JSON.stringify({ growthMiB: Math.max(0, most - early) / 1024 ** 2 }));
