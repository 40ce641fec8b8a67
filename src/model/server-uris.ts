// How servers of disks are written: the NBD project's URIs, and libiscsi's URLs.
import { Fault } from '../base/index.ts';
import type { VolumeSource } from './volume.ts';

const NBD_PORT = 10809;
const ISCSI_PORT = 3260;

type SourceOf<K extends VolumeSource['kind']> = Extract<VolumeSource, { readonly kind: K }>;

/** `nbd://host:10809/export`, `nbd+unix:///export?socket=/run/nbd`. Throws `OPTION_INVALID`. */
export function parseNbdUri(text: string): SourceOf<'nbd'> {
  const uri = parsed(text, ['nbd:', 'nbd+unix:']);
  const exportName = pathIn(uri);
  if (uri.protocol === 'nbd+unix:') {
    const socket = uri.searchParams.get('socket');
    if (socket?.startsWith('/') !== true)
      throw invalid('A unix socket is named by its whole path', 'nbd+unix:///EXPORT?socket=/PATH');
    return { kind: 'nbd', server: { socket }, exportName };
  }
  if (uri.hostname === '') throw invalid('The NBD server has no name', 'nbd://HOST:PORT/EXPORT');
  return { kind: 'nbd', server: { host: hostOf(uri), port: portOf(uri, NBD_PORT) }, exportName };
}

/** `iscsi://host:3260/iqn.2026-11.example:target/1`. Throws `OPTION_INVALID`. */
export function parseIscsiUrl(text: string): SourceOf<'iscsi'> {
  const url = parsed(text, ['iscsi:']);
  const [target = '', lun = '', ...more] = pathIn(url).split('/');
  if (url.username !== '' || url.password !== '')
    throw invalid('novalet logs in to no iSCSI target', 'Let the target admit this host by its address.');
  if (
    url.hostname === '' ||
    !/^(iqn|eui|naa)\.[\w.:-]{1,220}$/.test(target) ||
    !/^\d{1,4}$/.test(lun) ||
    more.length > 0
  )
    throw invalid(
      'An iSCSI unit is written as iscsi://HOST:PORT/TARGET/LUN',
      'iscsi://10.0.0.5/iqn.2026-11.example:data/1',
    );
  return { kind: 'iscsi', host: hostOf(url), port: portOf(url, ISCSI_PORT), target, lun: Number(lun) };
}

function parsed(text: string, protocols: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && protocols.includes(url.protocol)) return url;
  throw invalid(
    `Not the address of a disk server: "${text.slice(0, 200)}"`,
    `It begins with ${protocols.map((one) => `${one}//`).join(' or ')}`,
  );
}

/** Without the slash before it. */
function pathIn({ pathname }: URL): string {
  try {
    return decodeURIComponent(pathname.replace(/^\//, ''));
  } catch (cause) {
    throw invalid('A % in the address of a disk server begins no byte', 'Write a % itself as %25.', cause);
  }
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function portOf({ port }: URL, usual: number): number {
  return port === '' ? usual : Number(port);
}

function invalid(message: string, hint: string, cause?: unknown): Fault {
  return new Fault('invalid', 'OPTION_INVALID', message, { hint, cause });
}
