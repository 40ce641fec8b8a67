// What the bridge gives, in the guest that boots in seconds: busybox, no systemd, no sshd, no network. The hard cases of
// programs and of single files are in minimal-hard.long.test.ts.
import { BOUND_ROWS, CROWD_ROWS, PROCESS_ROWS } from './bound-rows.ts';
import { BREAK_ROWS } from './break-rows.ts';
import { FILE_ROWS } from './file-rows.ts';
import { GuestOfRows, MINIMAL } from './guest-of-rows.ts';
import { JOB_ROWS } from './job-rows.ts';
import { KNOWING_ROWS } from './knowing-rows.ts';
import { EXEC_ROWS } from './rows.ts';

const guest = new GuestOfRows(MINIMAL);
guest.byBothRoads([...EXEC_ROWS, ...FILE_ROWS, ...JOB_ROWS, ...KNOWING_ROWS, ...BOUND_ROWS]);
guest.by('lane', [...PROCESS_ROWS, ...CROWD_ROWS, ...BREAK_ROWS]);
