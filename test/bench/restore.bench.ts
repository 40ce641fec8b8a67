// A clone from a saved guest's memory: through a pipe, against libvirt's bare restore of a file that was made ready before,
// and through a copy, as it is where libvirt reads no pipe. All read the saved memory from the host's cache.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { restoreClone } from '../../src/compute/templates/restore-clone.ts';
import { type Connection, openConnection } from '../../src/libvirt/index.ts';
import { copySaveImage, encodeSaveHead } from '../../src/storage/index.ts';
import { World } from '../host/support/world.ts';
import { type PlannedClone, resume, SavedGuest } from '../host/templates/saved-guest.ts';
import { alternate, rowsOf, type Times } from './alternate.ts';
import { type Bench, timed } from './measure.ts';

const ROUNDS = 10;

export const run: Bench = async () => {
  await using world = await World.make();
  await using connection = await openConnection('qemu:///system');
  const saved = await SavedGuest.make(world, connection, 'true');
  await saved.digest(); // its files are in the cache then
  const restored = async (
    ready: (clone: PlannedClone) => Promise<() => Promise<unknown>>,
  ): Promise<Times> => {
    const clone = await saved.plan();
    return await measured(connection, clone, await ready(clone));
  };
  const through = (way: 'pipe' | 'copy') =>
    restored(
      async ({ request }) =>
        async () =>
          await restoreClone(connection, request, [way]),
    );
  const bare = () =>
    restored(async ({ request, directory }) => {
      const path = join(directory, 'ready');
      await copySaveImage(request.image, encodeSaveHead(request.image, request.xml), path);
      return async () => await connection.restore(path, { state: 'paused' });
    });
  const pipes = await alternate(ROUNDS, () => through('pipe'), bare);
  const copies = await alternate(ROUNDS, () => through('copy'), bare);
  const row = { ours: 'restored', bare: 'restored', hasGoal: false };
  return [
    ...rowsOf(pipes, { ...row, name: 'clone through a pipe, against a bare restore' }),
    ...rowsOf(pipes, { ...row, name: 'the same until the agent answers', ours: 'agent', bare: 'agent' }),
    ...rowsOf(copies, { ...row, name: 'clone through a copy, against a bare restore' }),
  ];
};

async function measured(
  connection: Connection,
  clone: PlannedClone,
  work: () => Promise<unknown>,
): Promise<Times> {
  const restored = await timed(work);
  const rest = await timed(() => resume(connection, clone.request.uuid));
  await (await connection.domainByUuid(clone.request.uuid)).destroy();
  await rm(clone.directory, { recursive: true });
  return { restored, agent: restored + rest };
}
