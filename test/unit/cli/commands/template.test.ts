// novalet template, and launch --template, over an engine of words (template-engine.ts).
import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import { runCommandLine } from '../../../../src/cli/run.ts';
import type { Streams } from '../../../../src/cli/session.ts';
import './template-engine-hook.ts';

interface RunOptions {
  readonly stdin?: string;
}

/** The command line as main.ts runs it, in this process. */
async function run(words: string, { stdin = '' }: RunOptions = {}) {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const streams: unknown = { stdin: Readable.from([Buffer.from(stdin)]), stdout, stderr };
  const status = await runCommandLine(words.split(' '), streams as Streams);
  return { status, stdout: stdout.text, stderr: stderr.text };
}

class Collector extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function launched(words: string, options?: RunOptions) {
  const { status, stdout, stderr } = await run(`-o json launch --template ${words}`, options);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

test('one launch from a template is printed as an instance, and the words say how it came to be', async () => {
  const { status, stdout, stderr } = await run('launch --template ci web');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^name +web\n/);
  assert.match(stderr, /making its disks\nweb goes on from the memory of ci\n$/);
  const record = await launched('ci web');
  assert.deepEqual([record.name, record.way, record.why], ['web', 'memory', null]);
});

test('an instance that boots instead is a warning with the words of the fault, also to who wants quiet', async () => {
  const { status, stderr } = await run('-q launch --template ci cold-1');
  assert.equal(status, 0);
  assert.equal(
    stderr,
    'novalet: warning: cold-1 boots, and does not go on from the memory of ci: The saved memory is short [TEMPLATE_MEMORY_UNREADABLE] (Make the template anew.)\n',
  );
  const { way, why } = await launched('ci cold-1');
  assert.equal(way, 'cold');
  assert.deepEqual(why, {
    kind: 'corrupt',
    code: 'TEMPLATE_MEMORY_UNREADABLE',
    message: 'The saved memory is short',
    hint: 'Make the template anew.',
  });
});

test('--count numbers a name, or leaves names to the engine, and what it makes is a list, also of one', async () => {
  const names = (records: readonly { readonly name: string }[]) => records.map(({ name }) => name);
  assert.deepEqual(names(await launched('ci web --count 3')), ['web-1', 'web-2', 'web-3']);
  assert.deepEqual(names(await launched('ci --name web --count 1')), ['web-1']);
  assert.deepEqual(names(await launched('ci --count 2')), ['made-up-1', 'made-up-2']);
  assert.deepEqual(names(await launched('ci a b')), ['a', 'b']);
});

test('all are launched at the same time, and each is one line of progress', async () => {
  const { status, stdout, stderr } = await run('launch --template three web --count 3');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^NAME +STATUS +WAY +ADDRESSES +ID\nweb-1 +ACTIVE +memory /);
  for (const name of ['web-1', 'web-2', 'web-3']) assert.match(stderr, new RegExp(`launching ${name}\n`));
  assert.doesNotMatch(stderr, /making its disks/);
});

test('one that fails is named, keeps no other from it, and gives the exit status', async () => {
  const { status, stdout, stderr } = await run('-o json launch --template ci a bad b');
  assert.equal(status, 6);
  assert.deepEqual(
    JSON.parse(stdout).map(({ name }: { readonly name: string }) => name),
    ['a', 'b'],
  );
  const { error } = JSON.parse(stderr);
  assert.deepEqual(
    [error.code, error.message, error.details],
    ['CAPACITY_EXHAUSTED', 'bad: It does not fit', { instance: 'bad' }],
  );
});

test('several that fail are told in their order, and the status is that of the first', async () => {
  const { status, stdout, stderr } = await run('-q launch --template ci late bad a --wait agent');
  assert.equal(status, 124);
  assert.match(stdout, /^NAME .*\nlate .*\na .*\n$/);
  assert.match(stderr, /^novalet: late: No agent of late in time \[WAIT_TIMEOUT\]\nnovalet: bad: It does/);
});

test('that there is no such template is told once', async () => {
  const { status, stderr } = await run('-q launch --template none --count 3');
  assert.deepEqual([status, stderr], [3, 'novalet: There is no template "none" [TEMPLATE_NOT_FOUND]\n']);
});

test('that all were interrupted is told once', async () => {
  const { status, stdout, stderr } = await run('-q launch --template ci stop --count 3');
  assert.deepEqual([status, stdout, stderr], [130, '', 'novalet: The launch was stopped [CANCELLED]\n']);
});

test('one that fails alone is told as it is', async () => {
  const { status, stdout, stderr } = await run('launch --template ci bad');
  assert.deepEqual([status, stdout], [6, '']);
  assert.match(stderr, /\nnovalet: It does not fit \[CAPACITY_EXHAUSTED\]\n$/);
});

test('one that is not ready in time is printed, and stays', async () => {
  const { status, stdout, stderr } = await run('launch --template ci late --wait cloud-init --timeout 1');
  assert.equal(status, 124);
  assert.match(stdout, /^name +late\n/);
  assert.match(stderr, /late was launched and stays; novalet delete late removes it\n/);
});

test('what the guest is told reaches the engine, and a password that is made up is another one for each', async () => {
  const options = '--user-data - --hostname h --network none --meta a=b --tag t --no-validate';
  const one = await launched(`ci web ${options}`, { stdin: '#!/bin/sh' });
  assert.deepEqual(JSON.parse(one.metadata.asked), {
    validate: false,
    networks: [{ network: 'none' }],
    guest: { hostname: 'h' },
    metadata: { a: 'b' },
    tags: ['t'],
    userData: [{ name: 'stdin', bytes: { type: 'Buffer', data: [...Buffer.from('#!/bin/sh')] } }],
    name: 'web',
  });
  const records = await launched('ci --count 2 --generate-password');
  const passwords = records.map(({ admin_pass }: { readonly admin_pass: string }) => admin_pass);
  assert.equal(new Set(passwords).size, 2);
  const { stdout } = await run('launch --template ci --count 2 --generate-password');
  assert.match(stdout, / ADMIN_PASS\n.* [a-zA-Z2-9]{20}\n.* [a-zA-Z2-9]{20}\n$/);
  assert.equal((await launched('ci web --password-stdin', { stdin: 'geheim' })).admin_pass, undefined);
});

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['--template ci --flavor m1.tiny', /--flavor means nothing with --template/],
  [
    '--template ci --no-config-drive --share /a:a --no-agent --dry-run',
    /--share, --no-agent, --no-config-drive, --dry-run mean nothing with --template/,
  ],
  ['--template ci --agent drive --vlan 7', /--vlan, --agent mean nothing/],
  ['--template ci a --name b', /Names are given with --name and without/],
  ['--template ci a a', /a is given twice/],
  ['--template ci a b --count 2', /--count numbers one name, and several are given/],
  ['--template ci --count 1001', /--count is more than 1000/],
  ['--template ci --count 0', /--count is not a whole number of at least 1/],
  ['debian --count 2', /--count belongs to --template/],
  ['--template ci --user-data - --password-stdin', /--user-data - and --password-stdin both want stdin/],
];

for (const [words, says] of REFUSED) {
  test(`launch ${words} is refused before anything is asked of the engine`, async () => {
    const { status, stdout, stderr } = await run(`launch ${words}`);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, says);
    assert.match(stderr, /\[OPTION_INVALID\]\n {2}hint: .+\n$/);
  });
}

test('an image goes before an instance of the same name, and whole names before beginnings of ids', async () => {
  const source = async (ref: string) => {
    const { stdout, stderr } = await run(`-o json template create ${ref} --name ci`);
    assert.equal(stderr, '');
    const { image, instance } = JSON.parse(JSON.parse(stdout).source.name);
    return image === undefined ? `instance ${instance.slice(0, 8)}` : `image ${image.slice(0, 8)}`;
  };
  assert.equal(await source('debian'), 'image 11112222');
  assert.equal(await source('both'), 'image 11112222');
  assert.equal(await source('web'), 'instance 11113333');
  assert.equal(await source('1111'), 'instance 11113333', 'it is the name of an instance');
  assert.equal(await source('11112'), 'image 11112222');
  assert.equal(await source('11113'), 'instance 11113333');
});

test('what fits nothing, or an image and an instance alike, has a cure', async () => {
  const missing = await run('-q template create wbe --name ci');
  assert.equal(missing.status, 3);
  assert.match(
    missing.stderr,
    /neither an image nor an instance "wbe" \[TEMPLATE_SOURCE_NOT_FOUND\]\n {2}hint: /,
  );
  const both = await run('-q template create 111 --name ci');
  assert.equal(both.status, 2);
  assert.match(both.stderr, /of image debian and of instance web \[TEMPLATE_SOURCE_AMBIGUOUS\]\n {2}hint: /);
});

test('options that make a guest of an image are refused for an instance', async () => {
  const { status, stderr } = await run('-q template create web --name ci --flavor m1.tiny --run true');
  assert.equal(status, 2);
  assert.match(stderr, /--flavor, --run mean nothing for a template of instance web \[OPTION_INVALID\]/);
  assert.equal((await run('-q template create web --name ci --timeout 60')).status, 0);
});

test('what a template is made with reaches the engine', async () => {
  const words = '--flavor m1.tiny --user-data - --network br0 --timezone UTC --agent drive --timeout 90';
  const { stdout } = await run(`-o json template create debian --name ci ${words}`, { stdin: '#!/bin/sh' });
  const { image: _image, userData, ...asked } = JSON.parse(JSON.parse(stdout).source.name);
  assert.equal(userData[0].name, 'stdin');
  assert.deepEqual(asked, {
    name: 'ci',
    validate: true,
    guest: { timezone: 'UTC' },
    networks: [{ network: 'br0' }],
    agent: 'drive',
    flavor: 'm1.tiny',
    readyTimeoutMs: 90_000,
  });
});

test('a list shows which are stale, and what they take', async () => {
  const { stdout } = await run('template list');
  const [head = '', ready = '', stale = ''] = stdout.split('\n');
  assert.match(head, /^NAME +STATE +SOURCE +FLAVOR +TAKES +USERS +CREATED +ID$/);
  assert.match(ready, /^ci +ready +image debian +m1\.tiny +200 MiB +1 /);
  assert.match(stale, /^ci +stale /);
});

test('verify names what is damaged and has the status of a problem', async () => {
  const { status, stdout } = await run('-q template verify ci');
  assert.equal(status, 1);
  assert.match(stdout, /\ndamaged +disk: changed\n$/);
  const whole = await run('-q template verify whole');
  assert.equal(whole.status, 0);
  assert.match(whole.stdout, /\ndamaged +nothing\n$/);
});

test('remove is done one after the other, and a failure keeps no other from it', async () => {
  const { status, stdout, stderr } = await run('-o json template remove none ci');
  assert.equal(status, 3);
  assert.deepEqual(
    JSON.parse(stdout).map(({ name, status: said }: Record<string, string>) => [name, said]),
    [['ci', 'deleted']],
  );
  assert.equal(JSON.parse(stderr).error.code, 'TEMPLATE_NOT_FOUND');
});

test('names of templates, and of images and instances together, are there for completion', async () => {
  assert.equal((await run('__complete template')).stdout, 'ci\nci\n');
  assert.equal((await run('__complete image-or-instance')).stdout, 'debian\nweb\n');
});
