// Each rule of the house finds its breach, passes what keeps it, and is kept by this repository.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkFaults } from '../../scripts/check-faults.ts';
import { checkFloors } from '../../scripts/check-floors.ts';
import { checkReadme, exampleText } from '../../scripts/check-readme.ts';
import { checkSizes } from '../../scripts/check-sizes.ts';
import { checkWords } from '../../scripts/check-words.ts';
import { SampleTree } from './sample-tree.ts';

const root = join(import.meta.dirname, '..', '..');

function breaches(check: (root: string) => string[], files: Readonly<Record<string, string>>): string[] {
  using tree = new SampleTree(files);
  return check(tree.root);
}

for (const [name, check] of Object.entries({
  checkFaults,
  checkFloors,
  checkReadme,
  checkSizes,
  checkWords,
})) {
  test(`this repository keeps ${name}`, () => {
    assert.deepEqual(check(root), []);
  });
}

const FLOORS: readonly [string, string, string, RegExp | undefined][] = [
  ['a craft on a wire', 'guest/a.ts', "import { x } from '../qapi/index.ts';", undefined],
  ['the vocabulary on the ground', 'model/a.ts', "import { x } from '../base/index.ts';", undefined],
  ['a file of the same folder', 'guest/exec/a.ts', "import { x } from '../b.ts';", undefined],
  ['a wire looking up', 'qapi/a.ts', "import { x } from '../guest/index.ts';", /may not look up/],
  ['a type looking up', 'qapi/a.ts', "import type { X } from '../guest/index.ts';", /may not look up/],
  [
    'an import over several lines',
    'qapi/a.ts',
    "import {\n  x,\n  y,\n} from '../guest/index.ts';",
    /look up/,
  ],
  ['a re-export looking up', 'base/a.ts', "export { x } from '../model/index.ts';", /one floor/],
  ['a dynamic import', 'qapi/a.ts', "const x = await import('../guest/index.ts');", /may not look up/],
  ['two crafts', 'guest/a.ts', "import { x } from '../storage/index.ts';", /one floor/],
  [
    'a way round the index',
    'guest/a.ts',
    "import { x } from '../qapi/lines.ts';",
    /past src\/qapi\/index.ts/,
  ],
  ['a door past the engine', 'api/a.ts', "import { x } from '../guest/index.ts';", /may not reach/],
  ['a folder without a floor', 'utilities/a.ts', "import { x } from '../base/index.ts';", /has no floor/],
  ['what lies outside src', 'guest/a.ts', "import { x } from '../../test/fakes/agent.ts';", /outside src/],
];
for (const [what, file, text, expected] of FLOORS) {
  test(`floors: ${what} ${expected === undefined ? 'is allowed' : 'is found'}`, () => {
    const found = breaches(checkFloors, { [`src/${file}`]: `${text}\n` });
    if (expected === undefined) assert.deepEqual(found, []);
    else assert.match(found.join('\n'), expected);
  });
}

test('floors: a breach names its line', () => {
  const text = "import { a } from '../base/index.ts';\n\nimport { x } from '../guest/index.ts';\n";
  assert.match(breaches(checkFloors, { 'src/qapi/a.ts': text })[0] ?? '', /^src\/qapi\/a.ts:3: /);
});

test('sizes: the wall is 500 lines, and 300 for C++', () => {
  const lines = (count: number) => 'x\n'.repeat(count);
  assert.deepEqual(breaches(checkSizes, { 'src/a.ts': lines(500), 'native/a.cc': lines(300) }), []);
  assert.equal(breaches(checkSizes, { 'src/a.ts': lines(501), 'native/a.cc': lines(301) }).length, 2);
});

const THROWN = "throw new Fault('timeout', 'TOO_SLOW', `late`);\n";
const row = (kind: string) => `| \`TOO_SLOW\` | ${kind} | late | wait |\n`;
test('faults: what is thrown is listed with its kind', () => {
  assert.deepEqual(breaches(checkFaults, { 'src/a.ts': THROWN, 'docs/faults.md': row('timeout') }), []);
});
test('faults: what is not listed is found', () => {
  assert.match(breaches(checkFaults, { 'src/a.ts': THROWN })[0] ?? '', /TOO_SLOW \(timeout\) is not in/);
});
test('faults: another kind than the listed one is found', () => {
  const found = breaches(checkFaults, { 'src/a.ts': THROWN, 'docs/faults.md': row('refused') });
  assert.match(found[0] ?? '', /thrown as timeout, and docs\/faults.md says refused/);
});
test('faults: what is listed and never thrown is found', () => {
  const found = breaches(checkFaults, { 'src/a.ts': 'export {};\n', 'docs/faults.md': row('timeout') });
  assert.match(found[0] ?? '', /nothing in src throws it/);
});
test('faults: a subclass is seen through its super call', () => {
  const text = "super(\n  'refused',\n  'TOO_SLOW',\n  message);\n";
  assert.equal(breaches(checkFaults, { 'src/a.ts': text }).length, 1);
});
test('faults: a code that is made up where it is thrown is found', () => {
  const found = breaches(checkFaults, {
    'src/a.ts': "throw new Fault('timeout', name + '_SLOW', `late`);\n",
  });
  assert.match(found[0] ?? '', /as a literal/);
});

const EXAMPLE = '<!-- test: test/a.test.ts#first -->\n```sh\nnovalet list\n```\n';
test('readme: an example that its test takes by name passes, and its text is what stands there', () => {
  using tree = new SampleTree({ 'README.md': EXAMPLE, 'test/a.test.ts': "exampleText(root, 'first')" });
  assert.deepEqual(checkReadme(tree.root), []);
  assert.equal(exampleText(tree.root, 'first'), 'novalet list\n');
});
test('readme: an example without a test is found', () => {
  assert.match(breaches(checkReadme, { 'README.md': '```ts\nx\n```\n' })[0] ?? '', /^README.md:1: .*has no/);
});
test('readme: a test that is missing, or takes another example, is found', () => {
  assert.match(breaches(checkReadme, { 'README.md': EXAMPLE })[0] ?? '', /is missing/);
  const other = { 'README.md': EXAMPLE, 'test/a.test.ts': "exampleText(root, 'second')" };
  assert.match(breaches(checkReadme, other)[0] ?? '', /does not take/);
});
test('readme: what nobody runs needs no test', () => {
  assert.deepEqual(breaches(checkReadme, { 'README.md': '```yaml\na: 1\n```\n```\nplain\n```\n' }), []);
});

test('words: a path of one machine and the address of a registry are found', () => {
  const files = { 'docs/a.md': 'see /home/xyz/notes\n', 'package-lock.json': '"resolved": "https://x/y"\n' };
  assert.equal(breaches(checkWords, files).length, 2);
});
test('words: paths of any machine pass', () => {
  assert.deepEqual(breaches(checkWords, { 'docs/a.md': '/var/lib/novalet, /home/debian/x, ~/work/\n' }), []);
});

test('words: a recursive mkdir, which may never end, is found in the sources and let be in tests', () => {
  const text = 'await mkdir(path, { recursive: true, mode: 0o700 });\n';
  const files = { 'src/storage/a.ts': text, 'src/b.ts': `mkdirSync(${text}`, 'test/a.test.ts': text };
  assert.deepEqual(
    breaches(checkWords, files).map((breach) => breach.split(':')[0]),
    ['src/b.ts', 'src/storage/a.ts'],
  );
  assert.deepEqual(breaches(checkWords, { 'src/a.ts': 'rm(path, { recursive: true })\n' }), []);
});
