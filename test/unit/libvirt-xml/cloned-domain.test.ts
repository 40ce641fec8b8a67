import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { type ClonedDomain, clonedDomainXml, element, parseXml } from '../../../src/libvirt-xml/index.ts';
import { decodeSaveHead } from '../../../src/storage/index.ts';

const UUID = '0c0ffee0-0000-4000-8000-00000000c10e';
const GENID = '0c0ffee0-0000-4000-8000-0000000000ff';
const saved = decodeSaveHead(
  readFileSync(join(import.meta.dirname, '../../corpus/save-images/minimal-guest.head')),
  'the corpus',
).xml;
const [directory = ''] = /\/var\/lib\/libvirt\/images\/nvt-corpus\/instances\/[0-9a-f-]+/.exec(saved) ?? [];
const [oldUuid = ''] = /[0-9a-f-]{36}$/.exec(directory) ?? [];
const [, oldName = ''] = /<name>(.*?)<\/name>/.exec(saved) ?? [];

const clone: ClonedDomain = {
  name: 'a-clone',
  uuid: UUID,
  genid: GENID,
  metadata: [element('x:clone', { 'xmlns:x': 'http://x' })],
  disks: new Map([
    ['vda', { file: '/clone/disk', format: 'qcow2' }],
    ['sda', null],
  ]),
  files: new Map([[`${directory}/console.log`, '/clone/console.log']]),
};

/** A domain with nothing in it but these devices, and what else is given. */
function domainWith(devices: string, rest = ''): string {
  return `<domain type='qemu' id='7'><name>o</name><uuid>${oldUuid}</uuid>${rest}<devices>${devices}</devices></domain>`;
}

function isNotClonable(error: unknown): boolean {
  return isFault(error, 'TEMPLATE_NOT_CLONABLE');
}

test('a clone differs from what was saved in who it is and where its files lie, and in nothing else', () => {
  const expected = saved
    .replaceAll(`>${oldUuid}<`, `>${UUID}<`)
    .replace(`<name>${oldName}</name>`, '<name>a-clone</name>')
    .replace(/<metadata>.*<\/metadata>/s, '<metadata><x:clone xmlns:x="http://x"/></metadata>')
    .replace(`<source file='${directory}/disk'/>`, "<source file='/clone/disk'/>")
    .replace(/ *<source file='[^']*\/disk\.config'\/>\n *<backingStore\/>\n/, '')
    .replaceAll(`${directory}/console.log`, '/clone/console.log')
    .replace(/ *<source mode='bind' path='[^']*'\/>\n/, '');
  const xml = clonedDomainXml(saved, clone);
  assert.deepEqual(parseXml(xml, 'the clone'), parseXml(expected, 'what is expected'));
  assert.equal(xml.includes(oldName), false);
});

test('kernel and ramdisk lie where they are said to, and a channel has the socket that is named', () => {
  const [, socket = ''] = /<source mode='bind' path='([^']*)'/.exec(saved) ?? [];
  const moved = [
    ...clone.files,
    [`${directory}/kernel`, '/t/kernel'],
    [`${directory}/ramdisk`, '/t/ramdisk'],
    [socket, '/run/agent'],
  ] as const;
  const xml = clonedDomainXml(saved, { ...clone, files: new Map(moved) });
  assert.match(xml, /<kernel>\/t\/kernel<\/kernel>\s*<initrd>\/t\/ramdisk<\/initrd>/);
  assert.match(xml, /<source mode="bind" path="\/run\/agent"\/>/);
  assert.equal(xml.includes(directory), false);
});

test('a VM generation is another one, and a running domain is none any more', () => {
  const xml = clonedDomainXml(domainWith('', '<genid>11111111-2222-3333-4444-555555555555</genid>'), {
    ...clone,
    disks: new Map(),
  });
  assert.match(xml, new RegExp(`^<domain type="qemu">[^]*<genid>${GENID}</genid>`));
});

test('a disk may come to lie in a file of another format', () => {
  const disk =
    "<disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/dev/x'/><backingStore type='file'/><target dev='vda'/></disk>";
  const xml = clonedDomainXml(domainWith(disk), { ...clone, disks: new Map([...clone.disks].slice(0, 1)) });
  assert.match(
    xml,
    /<disk type="file" device="disk">\s*<driver name="qemu" type="qcow2"\/>\s*<source file="\/clone\/disk"\/>\s*<target dev="vda"\/>\s*<\/disk>/,
  );
});

test('a password of the display is not taken along', () => {
  const display =
    "<graphics type='vnc' passwd='geheim' passwdValidTo='2099-01-01T00:00:00'/><graphics type='sdl'/>";
  const xml = clonedDomainXml(domainWith(display), { ...clone, disks: new Map() });
  assert.match(xml, /<graphics type="vnc" passwd="closed" passwdValidTo="1970-01-01T00:00:01"\/>/);
  assert.match(xml, /<graphics type="sdl"\/>/);
  assert.doesNotMatch(xml, /geheim/);
});

test('a file of its own for which no other is named is not shared', () => {
  assert.throws(() => clonedDomainXml(saved, { ...clone, disks: new Map([['vda', null]]) }), isNotClonable);
  assert.throws(() => clonedDomainXml(saved, { ...clone, files: new Map() }), isNotClonable);
  const disks = new Map([...clone.disks, ['vdz', null] as const]);
  assert.throws(() => clonedDomainXml(saved, { ...clone, disks }), isNotClonable);
  const none = { ...clone, disks: new Map() };
  const nvram = '<os><nvram>/var/lib/o_VARS.fd</nvram></os>';
  assert.throws(() => clonedDomainXml(domainWith('', nvram), none), isNotClonable);
  const files = new Map([['/var/lib/o_VARS.fd', '/clone/vars']]);
  assert.match(clonedDomainXml(domainWith('', nvram), { ...none, files }), /<nvram>\/clone\/vars<\/nvram>/);
  const port = "<serial type='file'><source path='/var/log/o'/></serial>";
  assert.throws(() => clonedDomainXml(domainWith(port), none), isNotClonable);
});

test('a device whose state is not in the memory is refused', () => {
  for (const device of ['tpm', 'hostdev', 'filesystem', 'shmem', 'vsock']) {
    assert.throws(
      () => clonedDomainXml(domainWith(`<${device}/>`), { ...clone, disks: new Map() }),
      isNotClonable,
      device,
    );
  }
});
