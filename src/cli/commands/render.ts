// novalet render FILE
import { readFile } from 'node:fs/promises';
import { Fault } from '../../base/index.ts';
import { readFileOrStdin } from '../input.ts';
import type { Define } from '../registry.ts';

export const render: Define = (command, session) => {
  command
    .description(
      "Print a guest's domain XML from values alone; touches no libvirt and no file but the one it reads.",
    )
    .argument('[file]', 'JSON or YAML description of a guest, or several; - reads stdin')
    .option('--schema', 'print the JSON schema of a description')
    .action(async (path: string | undefined, options: { schema?: boolean }) => {
      if (options.schema === true) return await session.write(await schema());
      if (path === undefined) throw nothingToRender();
      const input = await parseText((await readFileOrStdin(session, path)).toString('utf8'), path);
      const { render: renderXml } = await import('../../compute/render.ts');
      const xml = renderXml(input);
      await session.write(xml.endsWith('\n') ? xml : `${xml}\n`);
    });
};

async function schema(): Promise<string> {
  const { RENDER_SCHEMA } = await import('../../compute/render.ts');
  return await readFile(RENDER_SCHEMA, 'utf8');
}

function nothingToRender(): Fault {
  return new Fault('invalid', 'USAGE', 'There is nothing to render', {
    hint: 'Name a file, or - for stdin; the form of a description: novalet render --schema',
  });
}

/** JSON, or YAML where it is not: its parser is not small. Several YAML documents are several descriptions. */
async function parseText(text: string, path: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    const { parseAllDocuments, YAMLParseError } = await import('yaml');
    try {
      const documents = [...parseAllDocuments(text)].map((document) => {
        const [error] = document.errors;
        if (error !== undefined) throw error;
        return document.toJS({ maxAliasCount: 100 }) as unknown;
      });
      return documents.length < 2 ? (documents[0] ?? null) : documents.flat();
    } catch (error) {
      if (!(error instanceof YAMLParseError || error instanceof ReferenceError)) throw error;
      const what = path === '-' ? 'Standard input' : path;
      throw new Fault(
        'invalid',
        'RENDER_NOT_YAML',
        `${what} is neither JSON nor YAML: ${error.message.split('\n')[0] ?? ''}`,
        { cause: error, hint: 'docs/render.md has an example; its form: novalet render --schema' },
      );
    }
  }
}
