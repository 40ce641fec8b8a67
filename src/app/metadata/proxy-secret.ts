// The secret that Neutron's metadata proxy signs with, from its file.
import { readFileSync, statSync } from 'node:fs';
import { errnoCode, Fault, Secret } from '../../base/index.ts';

/** Of the whole file but the line's end. Throws `METADATA_SECRET_UNUSABLE`, also where others may read it. */
export function readProxySecret(path: string): Secret {
  try {
    const { mode } = statSync(path);
    if ((mode & 0o077) !== 0) throw unusable(path, 'others may read it', `chmod 600 ${path}`);
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (text === '')
      throw unusable(path, 'it is empty', 'Write what Neutron has as metadata_proxy_shared_secret.');
    return new Secret(text);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    const why = errnoCode(cause) === 'ENOENT' ? 'it is not there' : 'it cannot be read';
    throw unusable(path, why, `ls -l ${path}`, cause);
  }
}

function unusable(path: string, why: string, hint: string, cause?: unknown): Fault {
  const message = `The proxy's shared secret ${path} cannot be used: ${why}`;
  return new Fault('invalid', 'METADATA_SECRET_UNUSABLE', message, { cause, hint });
}
