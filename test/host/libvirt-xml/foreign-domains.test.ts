// Domains that others made, defined in a real libvirt: what it shows is read and written by us without a change of meaning.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseXml, serializeXml } from '../../../src/libvirt-xml/index.ts';
import { canonical } from '../../golden/canonical.ts';
import { ownPrefix } from '../support/own-prefix.ts';

const { directory, prefix } = await ownPrefix();
after(() => rmSync(directory, { recursive: true }));

const CORPUS = join(import.meta.dirname, '../../corpus/foreign-domains');
const SCHEMA = '/usr/share/libvirt/schemas/domain.rng';

/** What this host lacks, and how libvirt says so. */
const CANNOT: ReadonlyMap<string, RegExp> = new Map(
  [
    { name: 'by-hand-aarch64', reason: /qemu-system-aarch64/, isThere: emulates('aarch64') },
    { name: 'by-hand-riscv64', reason: /qemu-system-riscv64/, isThere: emulates('riscv64') },
    { name: 'by-hand-s390x', reason: /qemu-system-s390x/, isThere: emulates('s390x') },
    {
      name: 'libvirt-doc-tpm',
      reason: /TPM version '2.0' is not supported/,
      isThere: existsSync('/usr/bin/swtpm'),
    },
    {
      name: 'libvirt-doc-launch-security',
      reason: /SEV launch security is not supported/,
      isThere: existsSync('/dev/sev'),
    },
  ].flatMap(({ name, reason, isThere }) => (isThere ? [] : [[name, reason] as const])),
);

function emulates(arch: string): boolean {
  return existsSync(`/usr/bin/qemu-system-${arch}`);
}

interface Foreign {
  readonly file: string;
  readonly name: string;
  readonly xml: string;
}

const documents: readonly Foreign[] = readdirSync(CORPUS)
  .filter((file) => file.endsWith('.xml'))
  .map((file) => ({
    file,
    name: file.replace('.xml', ''),
    xml: readFileSync(join(CORPUS, file), 'utf8'),
  }));

/** Beside others on a host without KVM: a name of the tests, a UUID of its own, emulation. Nothing else is touched. */
function forThisHost({ name, xml }: Foreign): string {
  const uuid = /<uuid>([^<]+)<\/uuid>/.exec(xml.slice(0, xml.indexOf('<os')))?.[1];
  const own = xml
    .replace(/<name>.*?<\/name>/, `<name>${prefix}-${name}</name>`)
    .replace(/<domain type=(["'])kvm\1/, '<domain type="qemu"');
  return uuid === undefined ? own : own.replaceAll(uuid, randomUUID());
}

function virsh(...words: readonly string[]): string {
  return execFileSync('virsh', ['-q', '-c', 'qemu:///system', ...words], {
    encoding: 'utf8',
    stdio: 'pipe',
    timeout: 60_000,
  });
}

function define(xml: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'nvt-foreign-'));
  try {
    const file = join(folder, 'domain.xml');
    writeFileSync(file, xml);
    virsh('define', file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function definition(domain: string): string {
  return virsh('dumpxml', '--inactive', '--security-info', domain);
}

/** libxml2's canonical form without layout: a judge that shares nothing with our reader. */
function libxml2Form(xml: string): string {
  const bare = xml.replace(/<!--[\s\S]*?-->/g, '').replace(/<\?[\s\S]*?\?>/g, '');
  return execFileSync('xmllint', ['--noblanks', '--c14n', '-'], { input: bare, encoding: 'utf8' });
}

/** As novalet reads and writes it. Throws unless the meaning stayed. */
function throughUs(xml: string): string {
  const root = parseXml(xml, 'a foreign domain');
  const written = serializeXml(root);
  assert.equal(canonical(parseXml(written, 'what was written')), canonical(root));
  assert.equal(libxml2Form(written), libxml2Form(xml));
  return written;
}

for (const document of documents) {
  const domain = `${prefix}-${document.name}`;
  const reason = CANNOT.get(document.name);
  if (reason !== undefined) {
    test(`${document.file}, which libvirt cannot define here, fits its schema and is read and written unchanged`, () => {
      const xml = forThisHost(document);
      assert.throws(() => define(xml), reason);
      const written = throughUs(xml);
      execFileSync('xmllint', ['--noout', '--relaxng', SCHEMA, '-'], { input: written, stdio: 'pipe' });
    });
    continue;
  }
  test(`${document.file} is defined, read and written, and means the same to libvirt`, () => {
    define(forThisHost(document));
    try {
      define(definition(domain)); // libvirt itself puts some devices into another order when it reads what it wrote
      const shown = definition(domain);
      define(throughUs(shown));
      assert.equal(libxml2Form(definition(domain)), libxml2Form(shown));
    } finally {
      virsh('undefine', '--keep-nvram', domain);
    }
  });
}

test('at least thirty domains of others are really defined', () => {
  assert.ok(documents.length - CANNOT.size >= 30, `${documents.length - CANNOT.size} are`);
});
