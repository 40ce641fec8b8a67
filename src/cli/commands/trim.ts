// novalet trim INSTANCE
import { formatBytes } from '../../base/index.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { formatTable } from '../table.ts';

export const trim: Define = (command, session) => {
  command.argument('<instance>', INSTANCE).action(async (ref: string) => {
    const trimmed = await session.act((compute, options) => compute.guests.trim(ref, options), {
      progress: false,
    });
    await session.print({
      data: trimmed.map(({ mountpoint, trimmedBytes, error }) => ({
        mountpoint,
        trimmed_bytes: trimmedBytes ?? null,
        error: error ?? null,
      })),
      text: () =>
        formatTable({
          head: ['MOUNTPOINT', 'TRIMMED'],
          rows: trimmed.map(({ mountpoint, trimmedBytes, error }) => [
            mountpoint,
            error ?? (trimmedBytes === undefined ? '-' : formatBytes(trimmedBytes)),
          ]),
        }),
    });
  });
};
