// Which user QEMU runs as under libvirt's system mode, with its groups. Sources: qemu.conf `user` and `group`,
// passwd(5), group(5). libvirt gives QEMU the user's primary and supplementary groups and adds the configured one.
import { readFileSync } from 'node:fs';
import { errnoCode } from '../base/index.ts';
import type { Identity } from './access.ts';
import type { HostPaths } from './host-paths.ts';

/** What distributions compile in: Debian and Ubuntu, then Fedora and openSUSE. */
const COMPILED_IN = ['libvirt-qemu', 'qemu'];

interface Passwd {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

export interface UserFiles {
  /** Empty where it is absent or may not be read: then libvirt's own defaults are taken to hold. */
  readonly qemuConf: string;
  readonly passwd: string;
  readonly group: string;
}

export function readUserFiles(paths: HostPaths): UserFiles {
  return {
    qemuConf: readIfAllowed(paths.qemuConf),
    passwd: readIfAllowed(paths.passwd),
    group: readIfAllowed(paths.group),
  };
}

/** The user QEMU runs as; null where the configured one is not in passwd (it may come from elsewhere). */
export function qemuUser(files: UserFiles): Identity | null {
  const users = parsePasswd(files.passwd);
  const groups = parseGroup(files.group);
  const configured = setting(files.qemuConf, 'user');
  const user =
    configured === undefined
      ? (COMPILED_IN.map((name) => findUser(users, name)).find((found) => found !== undefined) ?? ROOT)
      : findUser(users, configured);
  if (user === undefined) return null;
  const extra = findGroup(groups, setting(files.qemuConf, 'group') ?? user.name);
  const memberOf = groups.filter((group) => group.members.includes(user.name)).map((group) => group.gid);
  const gids = new Set([user.gid, ...memberOf, ...(extra === undefined ? [] : [extra])]);
  return { name: user.name, uid: user.uid, gids: [...gids] };
}

const ROOT: Passwd = { name: 'root', uid: 0, gid: 0 };

/** `user = "qemu"`, the last line wins; a leading + or only digits mean an id. */
function setting(conf: string, key: string): string | undefined {
  const lines = conf.matchAll(new RegExp(`^\\s*${key}\\s*=\\s*"([^"]*)"`, 'gm'));
  return [...lines].at(-1)?.[1];
}

function findUser(users: readonly Passwd[], wanted: string): Passwd | undefined {
  const uid = idOf(wanted);
  const known = users.find((user) => user.name === wanted || user.uid === uid);
  return known ?? (uid === undefined ? undefined : { name: String(uid), uid, gid: uid });
}

function findGroup(groups: readonly Group[], wanted: string): number | undefined {
  return groups.find((group) => group.name === wanted)?.gid ?? idOf(wanted);
}

function idOf(text: string): number | undefined {
  return /^\+?\d+$/.test(text) ? Number(text) : undefined;
}

function parsePasswd(text: string): readonly Passwd[] {
  return linesOf(text).flatMap(([name = '', , uid = '', gid = '']) =>
    /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [],
  );
}

function parseGroup(text: string): readonly Group[] {
  return linesOf(text).flatMap(([name = '', , gid = '', members = '']) =>
    /^\d+$/.test(gid) ? [{ name, gid: Number(gid), members: members.split(',').filter(Boolean) }] : [],
  );
}

function linesOf(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

function readIfAllowed(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM'].includes(errnoCode(error) ?? '')) return '';
    throw error;
  }
}
