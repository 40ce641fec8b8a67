// The shell examples of README.md and docs/: every line that calls novalet is a line that novalet's parser takes, every
// script is there.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { exampleText, readExamples } from '../../../scripts/check-readme.ts';
import { assertParses, assertScript } from './takes-command.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const SELF = 'test/house/docs/examples.test.ts';

/** All examples that are held to the parser. */
const EXAMPLES = [
  'another-flavor',
  'live-size',
  'clone',
  'two-commands',
  'image-of-an-instance',
  'rotation',
  'disk-snapshots',
  'one-file',
  'backups',
  'tour',
  'into-a-guest',
  'told',
  'detached',
  'files-there-and-back',
  'credentials',
  'guest-care',
  'disks',
  'adopt',
  'gateway',
  'completion-now',
  'completion-always',
  'images',
  'recipe',
  'user-data',
  'guest-wishes',
  'agent-drive',
  'nocloud',
  'carriers',
  'metadata-service',
  'looking-at-it',
  'windows',
  'cards',
  'links',
  'interfaces',
  'shares',
  'templates',
  'testing',
  'forward',
  'network-anew',
  'own-networks',
  'ports',
  'capacity',
  'vnc-password',
  'a-whole-life',
  'many-things',
  'from-a-file',
  'kvm-device',
  'install-agent',
  'cdrom-bus',
  'libvirt-down',
  'by-hand',
];

for (const name of EXAMPLES) {
  test(`the example ${name} is one that the parser takes`, async () => {
    const calls = callsIn(exampleText(root, name));
    assert.ok(calls.length > 0, 'it calls novalet or a script of ours');
    for (const [program = '', ...words] of calls) {
      if (program.includes('/')) assertScript(program);
      else await assertParses(words);
    }
  });
}

test('every example that names this file is in its list', () => {
  const named = readExamples(root).filter(({ test: by }) => by?.file === SELF);
  assert.deepEqual(named.map(({ test: by }) => by?.name).toSorted(), EXAMPLES.toSorted());
});

/** The calls of novalet and of scripts, as words. */
function callsIn(script: string): readonly (readonly string[])[] {
  const lines = script
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').replaceAll(/<\(|\)/g, ' ; '));
  return lines
    .flatMap((line) => line.split(/\s(?:&&|\|\||[|;])(?=\s|$)/))
    .map(wordsOf)
    .map((words) => words.slice(words.findIndex((word) => word !== 'sudo' && !/^[A-Z_]+=/.test(word))))
    .filter(([program = '']) => /^(?:novalet$|scripts\/|templates\/)/.test(program));
}

/** Splits as a shell does, as far as the examples need it: quotes, no expansion, redirections left out. */
function wordsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word);
  const end = words.findIndex((word) => /^(?:\d?>|<)/.test(word));
  return (end < 0 ? words : words.slice(0, end)).map((word) => word.replaceAll(/['"]/g, ''));
}
