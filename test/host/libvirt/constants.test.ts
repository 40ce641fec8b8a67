// Every number that src/libvirt writes down, compared with what the installed headers compile to.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { ENUMERATIONS, ERROR_DOMAINS, ERRORS, NUMBERS } from '../../../src/libvirt/constants.ts';

const run = promisify(execFile);

/** Names that the headers know from this version on (major * 1000000 + minor * 1000 + release). */
const SINCE: Readonly<Record<string, number>> = {
  VIR_ERR_AGENT_COMMAND_TIMEOUT: 11_002_000,
  VIR_ERR_AGENT_COMMAND_FAILED: 11_002_000,
  VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_DELETE: 9_000_000,
  VIR_DOMAIN_UNDEFINE_TPM: 8_009_000,
  VIR_DOMAIN_UNDEFINE_KEEP_TPM: 8_009_000,
};

function written(): Map<string, number> {
  const tables = [NUMBERS, ERRORS, ERROR_DOMAINS];
  const numbers = new Map<string, number>(tables.flatMap((table) => Object.entries(table)));
  for (const [prefix, names] of Object.entries(ENUMERATIONS)) {
    for (const [number, name] of names.entries()) {
      if (name !== undefined) numbers.set(prefix + name, number);
    }
  }
  return numbers;
}

/** Compiles a program that prints each name's value, and runs it. */
async function compiled(names: Iterable<string>): Promise<Map<string, number>> {
  const lines = [...names].flatMap((name) => [
    `#if LIBVIR_VERSION_NUMBER >= ${SINCE[name] ?? 0}`,
    `printf("${name} %d\\n", (int)${name});`,
    '#endif',
  ]);
  const program = `#include <stdio.h>\n#include <libvirt/libvirt.h>\n#include <libvirt/virterror.h>\nint main(void) {\n${lines.join('\n')}\nreturn 0;\n}\n`;
  const folder = await mkdtemp(join(tmpdir(), 'nvt-constants-'));
  try {
    const source = join(folder, 'numbers.c');
    const binary = join(folder, 'numbers');
    await writeFile(source, program);
    await run('gcc', ['-o', binary, source]);
    const { stdout } = await run(binary);
    const pairs = stdout.trim().split('\n');
    return new Map(pairs.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("libvirt's numbers are those of its headers", async () => {
  const ours = written();
  const theirs = await compiled(ours.keys());
  assert.ok(theirs.size > 100);
  for (const [name, value] of theirs) assert.equal(ours.get(name), value, name);
  for (const name of ours.keys()) assert.ok(theirs.has(name) || name in SINCE, name);
});
