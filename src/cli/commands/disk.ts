// novalet disk …
import type { Define } from '../registry.ts';
import { attachDisk } from './disk/attach.ts';
import { detachDisk } from './disk/detach.ts';
import { ejectMedium } from './disk/eject.ts';
import { growDisk } from './disk/grow.ts';
import { insertMedium } from './disk/insert.ts';
import { listDisks } from './disk/list.ts';

export const disk: Define = (command, session) => {
  listDisks(command.command('list').description('List the disks of an instance'), session);
  attachDisk(command.command('attach').description('Attach a disk, also to a running instance'), session);
  detachDisk(command.command('detach').description('Take a disk off an instance'), session);
  insertMedium(command.command('insert').description('Put a CD into a drive'), session);
  ejectMedium(command.command('eject').description('Take the CD out of a drive'), session);
  growDisk(command.command('grow').description('Make a disk larger, and what is on it'), session);
};
