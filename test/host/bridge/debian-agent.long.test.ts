// Jobs, acts of the agent, the hard cases of programs and of single files, other processes, and a reboot in the middle, in a real Debian
// without a network.
import { PROCESS_ROWS } from './bound-rows.ts';
import { BREAK_ROWS } from './break-rows.ts';
import { DEBIAN, GuestOfRows } from './guest-of-rows.ts';
import { HARD_ROWS } from './hard-rows.ts';
import { JOB_ROWS } from './job-rows.ts';
import { KNOWING_ROWS } from './knowing-rows.ts';
import { SINGLE_FILE_ROWS } from './single-file-rows.ts';

const guest = new GuestOfRows(DEBIAN);
guest.byBothRoads([...JOB_ROWS, ...KNOWING_ROWS, ...HARD_ROWS, ...SINGLE_FILE_ROWS]);
guest.by('lane', [...PROCESS_ROWS, ...BREAK_ROWS]);
