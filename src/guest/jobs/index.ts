export { GuestHandle, rawBytes, WRITE_BYTES } from './handle.ts';
export { JobHouse } from './house.ts';
export { diskFull, rebooted } from './job-faults.ts';
export { type Job, type JobRequest, Jobs } from './jobs.ts';
export { JobProcess } from './process.ts';
