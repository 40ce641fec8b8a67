// The golden domains: each a description (.json) and the XML that it must mean (.xml).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface GoldenCase {
  readonly name: string;
  readonly input: unknown;
  readonly xmlPath: string;
  /** Output of Nova 26.2.2's own generator; all others were written by `render` and reviewed. */
  readonly writtenByNova: boolean;
  /** Zed writes SMM in a form that libvirt accepts and its schema does not know. */
  readonly schemaValid: boolean;
}

const BY_NOVA: readonly string[] = ['zed/default', 'zed/q35-uefi-agent', 'zed/windows-hidden'];
const NOT_SCHEMA_VALID: readonly string[] = ['zed/secure-boot-optional-on-q35', 'zed/secure-boot-required'];

export function goldenCases(): readonly GoldenCase[] {
  return ['zed', 'modern'].flatMap((profile) =>
    readdirSync(join(import.meta.dirname, profile))
      .filter((file) => file.endsWith('.json'))
      .toSorted()
      .map((file) => goldenCase(`${profile}/${file.slice(0, -'.json'.length)}`)),
  );
}

function goldenCase(name: string): GoldenCase {
  const base = join(import.meta.dirname, name);
  const input: unknown = JSON.parse(readFileSync(`${base}.json`, 'utf8'));
  return {
    name,
    input,
    xmlPath: `${base}.xml`,
    writtenByNova: BY_NOVA.includes(name),
    schemaValid: !NOT_SCHEMA_VALID.includes(name),
  };
}
