import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConsoleLogFile } from '../../../src/compute/console-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'novalet-console-'));
after(() => rmSync(directory, { recursive: true }));

test('the end of the log comes back, across rotated files, and a missing log is empty', async () => {
  const path = join(directory, 'a.log');
  assert.equal((await new ConsoleLogFile(path).read(100)).toString(), '');
  writeFileSync(`${path}.1`, 'oldest ');
  writeFileSync(`${path}.0`, 'older ');
  writeFileSync(path, 'new');
  assert.equal((await new ConsoleLogFile(path).read(100)).toString(), 'oldest older new');
  assert.equal((await new ConsoleLogFile(path).read(6)).toString(), 'er new');
  assert.equal((await new ConsoleLogFile(path).read(2)).toString(), 'ew');
});

test('following gives the end of the log and then what is written, through a rotation, until told to stop', async () => {
  const path = join(directory, 'b.log');
  writeFileSync(path, 'before');
  const stop = new AbortController();
  const seen: string[] = [];
  const writes = [
    () => appendFileSync(path, 'second'),
    () => {
      renameSync(path, `${path}.0`);
      writeFileSync(path, 'third');
    },
    () => stop.abort(),
  ];
  for await (const part of new ConsoleLogFile(path).follow(3, stop.signal)) {
    seen.push(part.toString());
    writes.shift()?.();
  }
  assert.deepEqual(seen, ['ore', 'second', 'third']);
});
