// A process of its own that changes the disk it is given, says each step, and waits to be killed at one of them.
import { writeSync } from 'node:fs';
import { Secret } from '../../../../src/base/index.ts';
import { changeOffline } from '../../../../src/storage/index.ts';

const [path = '', format = ''] = process.argv.slice(2);
if (format !== 'raw' && format !== 'qcow2') throw new Error('usage: change-and-die PATH raw|qcow2');
const hash = new Secret(`$6$salt$${'d'.repeat(86)}`);
await changeOffline(
  { path, format },
  { user: 'root', hash },
  { accelerator: 'tcg', onProgress: ({ step, phase }) => void writeSync(1, `${step} ${phase}\n`) },
);
writeSync(1, 'done\n');
