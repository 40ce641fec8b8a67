// --share and --share-driver: folders of this host that the guest may mount.
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { SHARE_DRIVERS, type ShareDriver, type ShareRequest } from '../../model/index.ts';
import { defined } from '../defined.ts';
import { collect, invalid } from '../values.ts';

export interface ShareOptions {
  readonly share?: readonly string[];
  readonly shareDriver?: ShareDriver;
}

export function addShareOptions(command: Command): void {
  command.option(
    '--share <path:tag>',
    'folder of this host that the guest may mount by its tag; :ro behind it keeps the guest from writing; may be given several times',
    collect,
  );
  command.addOption(shareDriverOption('--share-driver <driver>'));
}

export function shareDriverOption(flags: string): Option {
  return new Option(flags, 'how it is shared (default: virtiofs, and 9p for what is read only)').choices(
    SHARE_DRIVERS,
  );
}

/** Throws `OPTION_INVALID`. */
export function readShareOptions({ share = [], shareDriver: driver }: ShareOptions): {
  readonly shares?: readonly ShareRequest[];
} {
  if (share.length > 0) return { shares: share.map((text) => readShare(text, driver)) };
  if (driver === undefined) return {};
  throw invalid('--share-driver comes without --share', 'Say what to share: --share /srv/data:data');
}

/** `/srv/data:data:ro`; a relative path is one from here. */
export function readShare(text: string, driver?: ShareDriver): ShareRequest {
  const [, path, tag, ro] = /^(.+?):([^:/]+)(:ro)?$/s.exec(text) ?? [];
  if (path === undefined || tag === undefined) {
    throw invalid(
      `"${text}" is no folder to share`,
      'Write PATH:TAG, for example /srv/data:data, or /srv/data:data:ro',
    );
  }
  return { path: resolve(path), tag, readOnly: ro !== undefined, ...defined({ driver }) };
}
