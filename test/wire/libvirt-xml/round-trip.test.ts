import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseXml, serializeXml } from '../../../src/libvirt-xml/index.ts';
import { canonical } from '../../golden/canonical.ts';

const CORPORA = ['libvirt-xml', 'foreign-domains'].map((name) =>
  join(import.meta.dirname, '../../corpus', name),
);
const GOLDENS = join(import.meta.dirname, '../../golden');

const documents = [
  ...CORPORA.flatMap((corpus) => readdirSync(corpus).map((file) => join(corpus, file))),
  ...['zed', 'modern'].flatMap((folder) =>
    readdirSync(join(GOLDENS, folder)).map((file) => join(GOLDENS, folder, file)),
  ),
].filter((file) => file.endsWith('.xml'));

/** libxml2's canonical form without layout: a judge that shares nothing with our reader. */
function libxml2Form(xml: string): string {
  return execFileSync('xmllint', ['--noblanks', '--c14n', '-'], { input: xml, encoding: 'utf8' });
}

for (const file of documents) {
  test(`${file.split('/').slice(-2).join('/')} is read and written back unchanged`, () => {
    const before = readFileSync(file, 'utf8').replace(/<!--[\s\S]*?-->|<\?(?!xml )[\s\S]*?\?>/g, '');
    const root = parseXml(before, file);
    const after = serializeXml(root);
    assert.equal(canonical(parseXml(after, 'what was written')), canonical(root));
    assert.equal(libxml2Form(after), libxml2Form(before));
  });
}
