// docs/hardware.md against the switches of the two profiles and the decoder.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeSettings } from '../../../src/app/configuration-file.ts';
import { PROFILE_SWITCHES } from '../../../src/model/index.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'hardware.md'), 'utf8');

/** Switch → on or off in zed, and in modern. */
function told(): ReadonlyMap<string, readonly [string, string]> {
  const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (on|off) \| (on|off) \|/gm)];
  return new Map(rows.map(([, name = '', zed = '', modern = '']) => [name, [zed, modern]]));
}

test('the table has every switch, as the profiles have it', () => {
  const states: Record<string, [string, string]> = {};
  for (const [name, [zed, modern]] of told()) states[name] = [zed, modern];
  const word = (isOn: boolean) => (isOn ? 'on' : 'off');
  const { zed, modern } = PROFILE_SWITCHES;
  assert.deepEqual(states, {
    iothreads: [word(zed.ioThreads), word(modern.ioThreads)],
    discard: [word(zed.discard), word(modern.discard)],
    autodeflate: [word(zed.autodeflate), word(modern.autodeflate)],
    free_page_reporting: [word(zed.freePageReporting), word(modern.freePageReporting)],
    io_uring: [word(zed.ioUring), word(modern.ioUring)],
    packed_rings: [word(zed.packedRings), word(modern.packedRings)],
    balloon: [word(zed.balloon), word(modern.balloon)],
  });
  assert.equal(told().size, Object.keys(PROFILE_SWITCHES.zed).length);
});

test('the examples are configurations that are taken', () => {
  const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  assert.equal(examples.length, 2);
  const [switches, pci] = examples.map((text) => decodeSettings(text, 'docs/hardware.md'));
  assert.equal(switches?.hardware?.ioThreads, false);
  assert.equal(switches?.hardware?.ioUring, true);
  assert.equal(pci?.pci?.aliases[1]?.deviceType, 'type-VF');
});
