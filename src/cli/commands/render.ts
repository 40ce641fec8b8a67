// novalet render FILE
import { Fault } from '../../base/index.ts';
import { readFileOrStdin } from '../input.ts';
import type { Define } from '../registry.ts';

export const render: Define = (command, session) => {
  command
    .description(
      "Print a guest's domain XML from values alone; touches no libvirt and no file but the one it reads.",
    )
    .argument('<file>', 'JSON description of a guest, or an array of them; - reads stdin')
    .action(async (path: string) => {
      const input = parseJson((await readFileOrStdin(session, path)).toString('utf8'), path);
      const { render: renderXml } = await import('../../compute/render.ts');
      const xml = renderXml(input);
      await session.write(xml.endsWith('\n') ? xml : `${xml}\n`);
    });
};

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const what = path === '-' ? 'Standard input' : path;
    throw new Fault('invalid', 'RENDER_NOT_JSON', `${what} is not JSON`, {
      cause: error,
      hint: `Check it with: python3 -m json.tool ${path === '-' ? 'FILE' : path}`,
    });
  }
}
