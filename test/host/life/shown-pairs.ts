// Which test shows, on a real guest, each action begun in each state that the table of transitions allows, with data written
// before and found (or rightly gone) afterwards: a file below test/host, and words of the test's name that no other of the
// file has. test/house/shown-pairs.test.ts holds it to the table and to the files. Whoever allows a pair adds its line.
import type { Action, VmState } from '../../../src/model/index.ts';

export type Shown = readonly [file: string, words: string];

const POWER = 'life/power.test.ts';
const SHELVE = 'life/shelve.test.ts';
const REBUILD = 'life/rebuild.test.ts';
const RESIZE = 'life/resize.test.ts';
const RESCUE = 'life/rescue.test.ts';
const RARE = 'life/less-usual-states.test.ts';
const SIZE = 'life/change-size.test.ts';
const IMAGES = 'snapshots/images.test.ts';
const MARKS = 'snapshots/disk-snapshots.test.ts';
const EXPORT = 'backups/export.test.ts';
const ATTACH = 'disks/attach.test.ts';
const MEDIA = 'disks/media.test.ts';
const CARDS = 'network/interfaces.test.ts';
const CONSOLE = 'console/console.test.ts';

const PAUSED: Shown = [RARE, 'a paused guest is copied'];
const SUSPENDED: Shown = [RARE, 'a suspended guest is copied'];
const BROKEN: Shown = [RARE, 'one in error is looked at'];
const RESCUED: Shown = [RARE, 'one that is off is rescued'];
const RESIZED: Shown = [RARE, 'one that is resized'];
const DELETED: Shown = [RARE, 'in whatever state it is'];
/** The record alone says the state: nothing of the guest is touched. */
const OF_RECORDS: Shown = ['life/transitions.test.ts', 'in every state a lock'];

const RECORDED: Readonly<Record<string, Shown>> = {
  building: OF_RECORDS,
  active: OF_RECORDS,
  paused: OF_RECORDS,
  suspended: OF_RECORDS,
  stopped: OF_RECORDS,
  rescued: OF_RECORDS,
  resized: OF_RECORDS,
  shelved: OF_RECORDS,
  shelved_offloaded: OF_RECORDS,
  error: OF_RECORDS,
};

export const SHOWN: Readonly<Record<Action, Readonly<Partial<Record<VmState, Shown>>>>> = {
  start: { stopped: [POWER, 'starting boots it'] },
  stop: {
    active: ['life/shutdown.test.ts', 'heeds its agent'],
    error: [POWER, 'cures an instance in error'],
  },
  reboot: { active: [POWER, 'rebooted softly'] },
  'reboot-hard': {
    active: [POWER, 'so does one of a running guest'],
    stopped: [POWER, 'cures an instance in error'],
    paused: [POWER, 'a hard reboot of a paused guest'],
    suspended: [POWER, 'a hard reboot of a suspended guest'],
    error: [POWER, 'cures an instance in error'],
  },
  pause: { active: [POWER, 'paused and unpaused'] },
  unpause: { paused: [POWER, 'paused and unpaused'] },
  suspend: { active: [POWER, 'suspended and resumed'] },
  resume: { suspended: [POWER, 'suspended and resumed'] },
  shelve: {
    active: [SHELVE, 'shelved while it runs'],
    stopped: [SHELVE, 'stopped and shelved'],
    paused: [SHELVE, 'offloaded, it leaves an image'],
    suspended: [SHELVE, 'shelved while it is suspended'],
  },
  'shelve-offload': { shelved: [SHELVE, 'stopped and shelved'] },
  unshelve: {
    shelved: [SHELVE, 'shelved while it runs'],
    shelved_offloaded: [SHELVE, 'offloaded, it leaves an image'],
  },
  rescue: { active: [RESCUE, 'boots a fresh disk'], stopped: RESCUED, error: BROKEN },
  unrescue: { rescued: [RESCUE, 'neither started nor rebooted'] },
  rebuild: {
    active: [REBUILD, 'rebuilt on another image'],
    stopped: [REBUILD, 'one that is off stays off'],
    error: [REBUILD, 'may be rebuilt again'],
  },
  resize: {
    active: [RESIZE, 'a resized guest has the new size'],
    stopped: [RESIZE, 'a stopped instance'],
  },
  'resize-confirm': { resized: [RESIZE, 'confirmed under the running guest'] },
  'resize-revert': { resized: [RESIZE, 'brings the old disks back'] },
  'change-size': {
    active: [SIZE, 'up to its maxima, and uses'],
    stopped: [SIZE, 'a stopped one may have any size'],
  },
  clone: {
    active: ['life/clone.test.ts', 'a running guest is cloned'],
    stopped: ['life/clone.test.ts', 'a stopped one is cloned'],
    paused: PAUSED,
    suspended: SUSPENDED,
  },
  'create-image': {
    active: [IMAGES, 'an image of a running guest'],
    stopped: [IMAGES, 'an image of an instance that is off'],
    paused: [IMAGES, 'a paused guest stays paused'],
    suspended: SUSPENDED,
  },
  'create-snapshot': {
    active: [MARKS, 'a snapshot of a running guest'],
    stopped: [MARKS, 'of an instance that is off'],
    paused: [MARKS, 'a paused guest stays paused'],
  },
  'restore-snapshot': {
    active: [MARKS, 'a snapshot of a running guest'],
    stopped: [MARKS, 'of an instance that is off'],
    error: BROKEN,
  },
  'remove-snapshot': {
    active: [MARKS, 'snapshots are removed while the guest runs'],
    stopped: [MARKS, 'of an instance that is off'],
    paused: PAUSED,
    error: BROKEN,
  },
  'create-backup': {
    active: ['backups/backup.test.ts', 'the first backup of a running guest'],
    stopped: ['backups/backup.test.ts', 'a backup of a guest that is off'],
    paused: ['backups/off.test.ts', 'what a manifest says of a file'],
  },
  'restore-backup': {
    stopped: ['backups/backup.test.ts', 'brings the disks back exactly'],
    error: ['backups/off.test.ts', 'the disks of an instance in error'],
  },
  export: {
    active: [EXPORT, 'a running guest is exported'],
    stopped: [EXPORT, 'an instance moves'],
    paused: PAUSED,
    suspended: SUSPENDED,
  },
  'attach-interface': {
    active: [CARDS, 'a card that is attached to a running guest'],
    stopped: [CARDS, 'a guest that is off gets a card'],
    paused: [CARDS, 'a paused guest gets a card'],
  },
  'detach-interface': {
    active: [CARDS, 'a card that is detached is gone'],
    stopped: [CARDS, 'a guest that is off gets a card'],
  },
  'attach-disk': {
    active: [ATTACH, 'data on an attached disk'],
    stopped: [ATTACH, 'of an instance that is off'],
    paused: [ATTACH, 'while the guest is paused'],
    resized: RESIZED,
  },
  'detach-disk': {
    active: [ATTACH, 'data on an attached disk'],
    stopped: [ATTACH, 'of an instance that is off'],
    resized: RESIZED,
  },
  'change-medium': {
    active: [MEDIA, 'a drive is plugged in empty'],
    stopped: RESCUED,
    paused: PAUSED,
    rescued: RESCUED,
  },
  'grow-disk': {
    active: [MEDIA, 'a disk grows under the guest'],
    stopped: [MEDIA, 'a disk grows under the guest'],
  },
  'change-share': { stopped: ['shares/virtiofs.test.ts', 'shares of a guest that is off'] },
  'open-console': {
    active: [CONSOLE, 'a person types at the guest'],
    paused: PAUSED,
    rescued: RESCUED,
    resized: RESIZED,
    error: BROKEN,
  },
  'send-keys': {
    active: [CONSOLE, 'keys that are sent are pressed'],
    rescued: RESCUED,
    resized: RESIZED,
    error: BROKEN,
  },
  nmi: {
    active: [CONSOLE, 'an interrupt that cannot be masked'],
    paused: PAUSED,
    rescued: RESCUED,
    resized: RESIZED,
    error: BROKEN,
  },
  diagnostics: {
    active: ['console/diagnostics.test.ts', 'all is told in one view'],
    paused: PAUSED,
    rescued: RESCUED,
    resized: RESIZED,
    error: BROKEN,
  },
  delete: {
    active: DELETED,
    building: DELETED,
    paused: DELETED,
    stopped: DELETED,
    shelved: DELETED,
    error: DELETED,
    resized: RESIZED,
    suspended: [POWER, 'deleted while it is suspended'],
    rescued: [RESCUE, 'deleting a rescued instance'],
    shelved_offloaded: ['life/killed.test.ts', 'deleted when it is offloaded'],
  },
  lock: RECORDED,
  unlock: RECORDED,
  'change-record': RECORDED,
  exec: {
    active: ['compute/guest.test.ts', 'a command runs inside'],
    rescued: [RESCUE, 'boots a fresh disk'],
    resized: [RESIZE, 'a resized guest has the new size'],
  },
  'set-password': {
    active: ['compute/guest.test.ts', 'a password is set'],
    rescued: RESCUED,
    resized: RESIZED,
  },
  'change-disk': { stopped: ['compute/credentials.test.ts', 'a guest that is off gets its password'] },
};
