// The agent drive of this host's own agent: what is on it runs elsewhere than where it was installed.
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isFault } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import {
  type AgentDrivePlaces,
  findHostAgent,
  requireHostAgent,
  writeAgentDrive,
} from '../../../src/storage/agent-drive/index.ts';

const TEMPLATES = fileURLToPath(new URL('../../../templates/agent-drive', import.meta.url));

class Folder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), 'novalet-agent-drive-')));
  }

  get places(): AgentDrivePlaces {
    return { cache: join(this.path, 'agent'), templates: TEMPLATES };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** All that is on the drive, with bin/ made executable as the installer does. */
async function unpack(drive: string, to: string): Promise<void> {
  await runProgram('xorriso', ['-osirrox', 'on', '-indev', drive, '-extract', '/', to]);
  await runProgram('chmod', ['-R', 'u+rwX', to]);
  for (const name of await readdir(join(to, 'bin'))) await chmod(join(to, 'bin', name), 0o755);
}

test('the agent on the drive runs by its own loader and libraries', async () => {
  await using folder = await Folder.make();
  const drive = join(folder.path, 'disk.agent');
  await writeAgentDrive(drive, folder.places);
  assert.equal((await stat(drive)).mode & 0o777, 0o600);
  const tree = join(folder.path, 'tree');
  await unpack(drive, tree);
  const agent = await requireHostAgent();
  assert.equal(await readFile(join(tree, 'architecture'), 'utf8'), `${agent.arch}\n`);
  const own = await runProgram(agent.path, ['--version']);
  const carried = await runProgram(join(tree, 'bin', 'start'), ['--version']);
  assert.equal(carried.stdout, own.stdout);
  // The loader says where it finds each: nowhere but in what came with it.
  const start = [
    join(tree, 'bin', 'ld.so'),
    '--library-path',
    join(tree, 'lib'),
    '--list',
    join(tree, 'bin', 'qemu-ga'),
  ];
  const { stdout } = await runProgram(start[0] ?? '', start.slice(1));
  const found = stdout.split('\n').filter((line) => line.includes('=>'));
  assert.ok(found.length > 0);
  for (const line of found) assert.ok(line.includes(`=> ${tree}/`), line);
});

test('two drives of one state of the host are the same bytes, and made once', async () => {
  await using folder = await Folder.make();
  const [first, second, third] = ['a', 'b', 'c'].map((name) => join(folder.path, name));
  await writeAgentDrive(first ?? '', folder.places);
  const [kept] = await readdir(folder.places.cache);
  const made = await stat(join(folder.places.cache, kept ?? ''));
  await writeAgentDrive(second ?? '', folder.places);
  assert.deepEqual(await readdir(folder.places.cache), [kept]);
  assert.equal((await stat(join(folder.places.cache, kept ?? ''))).ino, made.ino);
  await writeAgentDrive(third ?? '', { ...folder.places, cache: join(folder.path, 'another') });
  const bytes = await readFile(first ?? '');
  assert.ok(bytes.equals(await readFile(second ?? '')) && bytes.equals(await readFile(third ?? '')));
});

test('a drive of an agent that was since updated is made anew, and one of yesterday goes', async () => {
  await using folder = await Folder.make();
  const agent = await requireHostAgent();
  const own = join(folder.path, 'qemu-ga');
  await writeFile(own, await readFile(agent.path), { mode: 0o755 });
  const drive = join(folder.path, 'disk.agent');
  await writeAgentDrive(drive, folder.places, { agent: { ...agent, path: own } });
  const [old] = await readdir(folder.places.cache);
  const dayAgo = new Date(Date.now() - 86_400_000);
  await utimes(join(folder.places.cache, old ?? ''), dayAgo, dayAgo);
  await utimes(own, dayAgo, dayAgo);
  await writeAgentDrive(drive, folder.places, { agent: { ...agent, path: own } });
  const kept = await readdir(folder.places.cache);
  assert.equal(kept.length, 1);
  assert.notEqual(kept[0], old);
});

test('a host without an agent says how to get one, and what is no program is no agent', async () => {
  await using folder = await Folder.make();
  const nowhere = join(folder.path, 'qemu-ga');
  assert.equal(await findHostAgent([nowhere]), undefined);
  await assert.rejects(requireHostAgent([nowhere]), (error) => isFault(error, 'HOST_AGENT_ABSENT'));
  await writeFile(nowhere, '#!/bin/sh\n');
  await assert.rejects(findHostAgent([nowhere]), (error) => isFault(error, 'HOST_AGENT_UNUSABLE'));
  await mkdir(join(folder.path, 'folder'));
  await assert.rejects(findHostAgent([join(folder.path, 'folder')]), (error) =>
    isFault(error, 'HOST_AGENT_UNUSABLE'),
  );
});
