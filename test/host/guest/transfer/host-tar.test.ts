import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { packHost } from '../../../../src/guest/transfer/host-tar.ts';

test('an archive that was packed before anybody read it is still there', async () => {
  const folder = await mkdtemp('/var/tmp/nvt-tar-');
  try {
    await writeFile(join(folder, 'file'), 'x'.repeat(20_000));
    const tools = { hasPrintf: true, hasPosixTar: false, hasXattrs: false, digest: undefined };
    await using tar = packHost(folder, tools, false);
    tar.stdin.end();
    const { exitCode } = await tar.ended;
    assert.equal(exitCode, 0);
    const pieces: Buffer[] = [];
    for await (const piece of tar.stdout) pieces.push(Buffer.from(piece));
    assert.ok(Buffer.concat(pieces).length > 20_000);
  } finally {
    await rm(folder, { recursive: true });
  }
});
