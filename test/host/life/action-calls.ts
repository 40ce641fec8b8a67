// How each action of the table of transitions is asked for; the test of transitions tries each in every state that the
// table does not list. Whoever adds an action adds its line. What is asked for must be valid but for the state. To offload is
// not asked for by itself: of what is not shelved yet it is shelving.
import { Secret } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import type { Action } from '../../../src/model/index.ts';

export type ActionCall = (compute: Compute, name: string) => Promise<unknown>;

export const ACTION_CALLS: Partial<Readonly<Record<Action, ActionCall>>> = {
  start: (compute, name) => compute.start(name),
  stop: (compute, name) => compute.stop(name),
  reboot: (compute, name) => compute.reboot(name),
  'reboot-hard': (compute, name) => compute.reboot(name, { hard: true }),
  rebuild: (compute, name) => compute.rebuild(name),
  rescue: (compute, name) => compute.rescue(name),
  unrescue: (compute, name) => compute.unrescue(name),
  'create-image': (compute, name) => compute.createImage(name, { name: 'never' }),
  'create-snapshot': (compute, name) => compute.snapshots.create(name, { name: 'never' }),
  'restore-snapshot': (compute, name) => compute.snapshots.restore(name, 'never'),
  'remove-snapshot': (compute, name) => compute.snapshots.remove(name, 'never'),
  pause: (compute, name) => compute.pause(name),
  unpause: (compute, name) => compute.unpause(name),
  suspend: (compute, name) => compute.suspend(name),
  resume: (compute, name) => compute.resume(name),
  shelve: (compute, name) => compute.shelve(name),
  unshelve: (compute, name) => compute.unshelve(name),
  lock: (compute, name) => compute.lock(name),
  unlock: (compute, name) => compute.unlock(name),
  'change-record': (compute, name) => compute.change(name, { addTags: ['changed'] }),
  'create-backup': (compute, name) => compute.backups.create(name),
  'restore-backup': (compute, name) => compute.backups.restore(name, 'latest'),
  export: (compute, name) => compute.exportInstance(name, { to: () => Promise.resolve() }),
  'attach-disk': (compute, name) =>
    compute.disks.attach(name, { source: { kind: 'new', sizeBytes: 2 ** 20 } }),
  'detach-disk': (compute, name) => compute.disks.detach(name, 'vdz'),
  'change-medium': (compute, name) => compute.disks.eject(name, 'sda', { force: true }),
  'grow-disk': (compute, name) => compute.disks.grow(name, 'vda', 2 ** 30),
  resize: (compute, name) => compute.resize(name, { flavor: 'm1.small' }),
  'resize-confirm': (compute, name) => compute.confirmResize(name),
  'resize-revert': (compute, name) => compute.revertResize(name),
  'change-size': (compute, name) => compute.changeSize(name, { vcpus: 1 }),
  clone: (compute, name) => compute.clone(name, { name: 'another' }),
  'change-share': (compute, name) => compute.shares.remove(name, 'none'),
  'attach-interface': (compute, name) => compute.interfaces.attach(name, { configure: false }),
  'detach-interface': async (compute, name) => {
    const { instance } = await compute.show(name);
    return await compute.interfaces.detach(name, instance.ports[0]?.mac ?? '');
  },
  delete: (compute, name) => compute.delete(name),
  'open-console': (compute, name) => compute.consoles.open(name),
  'send-keys': (compute, name) => compute.consoles.sendKeys(name, { keys: ['a'] }),
  nmi: (compute, name) => compute.consoles.nmi(name),
  diagnostics: (compute, name) => compute.diagnostics(name),
  'set-password': (compute, name) => compute.setPassword(name, { password: new Secret('horse') }),
  'change-disk': (compute, name) =>
    compute.setPassword(name, { password: new Secret('horse'), road: 'offline' }),
  exec: (compute, name) => compute.exec(name, { argv: ['true'] }),
};
