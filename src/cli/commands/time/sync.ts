// novalet time sync INSTANCE
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { formatPairs } from '../../table.ts';
import { timeRecord } from '../guest/record.ts';
import { driftWords } from '../guest/words.ts';

export const syncTime: Define = (command, session) => {
  command.argument('<instance>', INSTANCE).action(async (ref: string) => {
    const { before, after, by, isRtcSet } = await session.act(
      (compute, options) => compute.guests.syncTime(ref, options),
      { progress: false },
    );
    await session.print({
      data: { before: timeRecord(before), after: timeRecord(after), by, rtc_set: isRtcSet },
      text: () =>
        formatPairs([
          ['before', driftWords(before)],
          ['after', driftWords(after)],
          ['set by', by],
        ]),
    });
  });
};
