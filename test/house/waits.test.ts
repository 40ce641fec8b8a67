// Nothing of the engine waits for ever: each wait that is written by hand stands here with what ends it, and each call of
// libvirt's goes through the one function that gives it a deadline.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const SOURCES = join(import.meta.dirname, '..', '..', 'src');

/** Loops over news, pauses of loops, clocks, and calls of libvirt's that may take as long as the memory is large. */
const BY_HAND =
  /for await \(|\b(?:delay|setTimeout|setInterval)\(|\.(?:start|managedSave|save|restore)\((?:\)|\{)|snapshots\.(?:create|revert)\(/g;

/** By file of src/compute: how many there are, and what ends them. */
const ENDED_BY: Readonly<Record<string, readonly [number, string]>> = {
  'agents.ts': [2, 'its subscription, which waitFor disposes of after timeoutMs; a pause of a fixed length'],
  'backups/backup-set.ts': [1, 'the end of a file'],
  'backups/create-backup.ts': [1, 'inStage'],
  'backups/push-job.ts': [2, 'inStage; the timer goes with it'],
  'claims/slots.ts': [1, 'SLOT_TIMEOUT'],
  'consoles/consoles.ts': [2, 'inStage; as many keys as were given'],
  'devices/detach-device.ts': [1, 'within, for each try'],
  'emit-step.ts': [1, 'the end of the step that it tells of'],
  'export/export-instance.ts': [2, 'the size of a file'],
  'export/receive-members.ts': [1, 'the size of a member; each piece within archive-source.ts'],
  'lane-port.ts': [1, 'within'],
  'lanes.ts': [1, 'the session that it watches'],
  'life/ask-guest.ts': [1, 'its subscription, disposed of when time is up'],
  'life/suspend.ts': [4, 'inStage; the watch ends with the saving'],
  'power.ts': [1, 'inStage'],
  'reset-channel.ts': [1, 'within'],
  'resize/end-resize.ts': [1, 'inStage'],
  'road-exec.ts': [1, 'is itself a deadline'],
  'sizes/change-size.ts': [3, 'inStage; FOLLOW_MS; within'],
  'snapshots/end-copies.ts': [1, 'inStage'],
  'templates/shrink-memory.ts': [1, 'MOVE_MS'],
  'waiting.ts': [1, 'within'],
};

test('each wait of the engine that is written by hand is known, with what ends it', () => {
  const found: Record<string, number> = {};
  for (const file of globSync('compute/**/*.ts', { cwd: SOURCES })) {
    const count = codeOf(file).match(BY_HAND)?.length ?? 0;
    if (count > 0) found[file.slice('compute/'.length)] = count;
  }
  const known = Object.fromEntries(Object.entries(ENDED_BY).map(([file, [count]]) => [file, count]));
  assert.deepEqual(sorted(found), sorted(known), 'give a new wait a deadline, and say here what ends it');
});

test('every call of libvirt is bounded, but those of streams, which wait for what a guest writes', () => {
  const calling = globSync('libvirt/*.ts', { cwd: SOURCES })
    .filter((file) => /\battempt\(/.test(codeOf(file)))
    .toSorted();
  assert.deepEqual(calling, ['libvirt/bounded-call.ts', 'libvirt/connection.ts', 'libvirt/stream.ts']);
  const opening = codeOf('libvirt/connection.ts').match(/\battempt\(/g);
  assert.equal(opening?.length, 1, 'the opening of a connection, which has a deadline of its own');
  const unbounded = globSync('libvirt/*.ts', { cwd: SOURCES })
    .map((file) => [file, codeOf(file).match(/\bUNBOUNDED,?\s*\)/g)?.length ?? 0] as const)
    .filter(([, count]) => count > 0)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  assert.deepEqual(unbounded, [
    ['libvirt/connection.ts', 2], // createDomain, restore
    ['libvirt/domain-snapshots.ts', 2], // with memory, and back to it
    ['libvirt/domain.ts', 4], // start, agentCommand, managedSave, save
  ]);
});

/** Without comments, and without the declaration of what is looked for. */
function codeOf(file: string): string {
  return readFileSync(join(SOURCES, file), 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '')
    .replaceAll(/^export async function [^{]*/gm, '');
}

function sorted(record: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1));
}
