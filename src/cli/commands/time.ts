// novalet time INSTANCE · novalet time sync INSTANCE
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { formatPairs } from '../table.ts';
import { timeRecord } from './guest/record.ts';
import { driftWords } from './guest/words.ts';
import { syncTime } from './time/sync.ts';

export const time: Define = (command, session) => {
  command.argument('<instance>', INSTANCE).action(async (ref: string) => {
    const now = await session.act((compute, options) => compute.guests.time(ref, options), {
      progress: false,
    });
    await session.print({ data: timeRecord(now), text: () => formatPairs([['clock', driftWords(now)]]) });
  });
  syncTime(command.command('sync').description("Set the guest's clock to this host's"), session);
};
