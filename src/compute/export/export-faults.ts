// What is said of exports that cannot be written or taken in, where it is no matter of the file's content.
import { Fault } from '../../base/index.ts';

export function targetExists(path: string): Fault {
  return new Fault('conflict', 'EXPORT_TARGET_EXISTS', `There is a file ${path} already`, {
    hint: 'Choose another name, or remove it first.',
  });
}

export function fileChanged(path: string): Fault {
  return new Fault('conflict', 'FILE_CHANGED', `${path} became shorter while it was read`, {
    hint: 'Try again when nobody else works on it.',
  });
}

export function idTaken(id: string): Fault {
  return new Fault(
    'conflict',
    'INSTANCE_ID_TAKEN',
    `There is an instance or a domain with the id ${id} already`,
    {
      hint: 'Leave out --keep-id, so that the import gets an id of its own; or delete the other one first.',
      details: { id },
    },
  );
}
