// Links between the documents, and to files: none is broken, and every page under docs/ can be reached from README.md.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { sourceFiles } from '../../../scripts/source-files.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const pages = sourceFiles(root, ['', 'docs'], ['.md']).filter(
  (file) => file.startsWith('docs/') || !file.includes('/'),
);

interface Link {
  readonly from: string;
  readonly path: string;
  readonly anchor: string | undefined;
}

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

function linksIn(page: string): readonly Link[] {
  const text = read(page).replaceAll(/```[\s\S]*?```/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#');
      return { from: page, path: path === '' ? page : normalize(join(dirname(page), path)), anchor };
    });
}

/** Anchors as forges make them of headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test('every link leads to a file that is there, and to a heading of it', () => {
  const broken = pages.flatMap(linksIn).filter(({ path, anchor }) => {
    if (!existsSync(join(root, path))) return true;
    return anchor !== undefined && !anchorsOf(path).has(anchor);
  });
  assert.deepEqual(broken, []);
});

test('every page can be reached from README.md', () => {
  const reached = new Set(linksIn('README.md').map(({ path }) => path));
  assert.deepEqual(
    pages.filter((page) => page.startsWith('docs/') && !reached.has(page)),
    [],
  );
});

test('every page that the code or a script names is there', () => {
  const sources = sourceFiles(root, ['src', 'scripts'], []).map((file) => ({ file, text: read(file) }));
  const missing = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/(?<![\w/-])docs\/[\w-]+\.md/g)]
      .map(([page]) => page)
      .filter((page) => !existsSync(join(root, page)))
      .map((page) => `${file}: ${page}`),
  );
  assert.deepEqual(missing, []);
});
