// Programs, files and bounds in a real Debian without a network: GNU tools and systemd.
import { BOUND_ROWS } from './bound-rows.ts';
import { FILE_ROWS } from './file-rows.ts';
import { DEBIAN, GuestOfRows } from './guest-of-rows.ts';
import { EXEC_ROWS } from './rows.ts';

const guest = new GuestOfRows(DEBIAN);
guest.byBothRoads([...EXEC_ROWS, ...FILE_ROWS, ...BOUND_ROWS]);
