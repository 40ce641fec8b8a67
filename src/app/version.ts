// novalet's version, from its package.json: the one place where it stands.
import { readFileSync } from 'node:fs';

export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const isRecord = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return isRecord && typeof manifest.version === 'string' ? manifest.version : '0.0.0';
}
