// What runs in a guest while libvirtd ends and comes back. The libvirtd is this test's own, in namespaces where nobody else
// sees it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const NAMESPACE = `
set -e
mount -t tmpfs -o mode=755 tmpfs /run/libvirt
mount -t tmpfs -o mode=755 tmpfs /var/lib/libvirt
cp -a /etc/libvirt /run/libvirt/etc
rm -rf /run/libvirt/etc/qemu/*
mount --bind /run/libvirt/etc /etc/libvirt
exec "$@"`;

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`jobs, streams over the lane and streams over the agent go on over a ${signal} of libvirtd`, {
    timeout: 300_000,
  }, async () => {
    const inside = fileURLToPath(new URL('restart-libvirtd.ts', import.meta.url));
    const words = ['--mount', '--net', '/bin/bash', '-c', NAMESPACE, 'novalet-test', process.execPath];
    const child = spawn('unshare', [...words, inside, signal], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    }
    await once(child, 'close');
    assert.equal(child.exitCode, 0, said);
    assert.match(said, /^all of it went on$/m);
  });
}
