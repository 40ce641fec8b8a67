// What the tests of this folder share: libvirt's RelaxNG schemas, and libvirt itself. Needs xmllint, virsh and libvirtd.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SCHEMAS = '/usr/share/libvirt/schemas';
const CONNECT = 'qemu:///system';

/** Throws with xmllint's words, and the first of them, when documents do not fit the schema. */
export function validate(schema: string, documents: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'nvt-schema-'));
  try {
    const files = documents.map((text, index) => {
      const file = join(folder, `${index}.xml`);
      writeFileSync(file, text);
      return file;
    });
    const args = ['--noout', '--relaxng', join(SCHEMAS, `${schema}.rng`), ...files];
    const { status, stderr, error } = spawnSync('xmllint', args, {
      encoding: 'utf8',
      timeout: 60_000,
      maxBuffer: 64 * 1024 ** 2,
    });
    if (error !== undefined) throw error;
    if (status === 0) return;
    const problems = stderr.split('\n').filter((line) => !line.endsWith(' validates'));
    const first = files.findIndex((file) => problems.includes(`${file} fails to validate`));
    throw new Error(`${problems.join('\n')}\n${documents[first]}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function virsh(...args: readonly string[]): string {
  return execFileSync('virsh', ['-c', CONNECT, ...args], {
    stdio: 'pipe',
    encoding: 'utf8',
    timeout: 60_000,
  });
}

export function define(xml: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'nvt-define-'));
  try {
    const file = join(folder, 'domain.xml');
    writeFileSync(file, xml);
    virsh('define', file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The host has no emulator for other architectures, and libvirt asks it when it defines. */
export function isForThisHost(xml: string): boolean {
  return /<type arch="(?:x86_64|i686)"/.test(xml);
}
