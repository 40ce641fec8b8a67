// Keeping the newest images of an instance and type, as Nova's createBackup does.
import { Fault } from '../../base/index.ts';
import { ImageStore } from '../image-store.ts';
import type { Tools } from '../tools.ts';
import { beyondRotation } from './image-of-instance.ts';
import type { Rotation } from './requests.ts';

const TYPE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Throws `ROTATION_INVALID`. */
export function requireRotation({ type, keep }: Rotation): void {
  if (TYPE.test(type) && Number.isSafeInteger(keep) && keep >= 1) return;
  throw new Fault(
    'invalid',
    'ROTATION_INVALID',
    `No rotation of ${keep} images of type "${type.slice(0, 64)}"`,
    {
      hint: 'Keep one at least; a type is one word of letters and digits, for example daily.',
    },
  );
}

/** Removes the ones that are too many, oldest first; gives their names. */
export async function removeRotated(
  tools: Tools,
  instanceId: string,
  rotation: Rotation,
): Promise<readonly string[]> {
  const images = new ImageStore(tools);
  const names: string[] = [];
  for (const { id, name } of beyondRotation(tools.store.images.list(), instanceId, rotation)) {
    await images.remove(id);
    names.push(name);
  }
  return names;
}
