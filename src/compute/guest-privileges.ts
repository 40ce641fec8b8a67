// Which privilege each way of reaching into a guest needs. A new method that is not in its table does not compile.
import type { Files, Jobs } from '../guest/index.ts';
import type { Guests } from './compute.ts';
import type { Keys } from './credential-requests.ts';
import type { MethodPrivileges } from './guarded.ts';

export const FILE_PRIVILEGES: MethodPrivileges<Files> = {
  stat: 'files-read',
  exists: 'files-read',
  list: 'files-read',
  glob: 'files-read',
  read: 'files-read',
  readBytes: 'files-read',
  readText: 'files-read',
  tail: 'files-read',
  copyOut: 'files-read',
  makeDirectory: 'files-write',
  remove: 'files-write',
  rename: 'files-write',
  symlink: 'files-write',
  chmod: 'files-write',
  chown: 'files-write',
  write: 'files-write',
  update: 'files-write',
  copyIn: 'files-write',
  sync: 'files-write',
};

export const JOB_PRIVILEGES: MethodPrivileges<Jobs> = {
  start: 'exec',
  spawn: 'exec',
  list: 'exec',
  show: 'exec',
  output: 'exec',
  attach: 'exec',
  wait: 'exec',
  signal: 'exec',
  kill: 'exec',
  remove: 'exec',
};

export const KEY_PRIVILEGES: MethodPrivileges<Keys> = {
  list: 'credentials',
  add: 'credentials',
  remove: 'credentials',
};

export const GUEST_PRIVILEGES: MethodPrivileges<Guests> = {
  facts: 'info',
  diagnose: 'info',
  routes: 'info',
  time: 'info',
  resetChannel: 'manage',
  syncTime: 'manage',
  trim: 'manage',
  freeze: 'manage',
  thaw: 'manage',
  onlineVcpus: 'manage',
  cloudInitStatus: 'info',
  rerunCloudInit: 'exec',
  call: 'exec',
};
