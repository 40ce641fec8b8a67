// The hard cases of programs and of single files, in the guest that boots in seconds.
import { GuestOfRows, MINIMAL } from './guest-of-rows.ts';
import { HARD_ROWS } from './hard-rows.ts';
import { SINGLE_FILE_ROWS } from './single-file-rows.ts';

new GuestOfRows(MINIMAL).byBothRoads([...HARD_ROWS, ...SINGLE_FILE_ROWS]);
