// Words that several commands about disks say.

export const FORCE = 'also where the guest locked the tray, and of a drive that novalet made for the guest';
export const DISK = 'target (vdb) or id of the disk';
