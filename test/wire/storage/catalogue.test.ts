import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../../../src/hostlink/index.ts';
import { fetchImage, loadCatalogue, resolveCatalogue } from '../../../src/storage/index.ts';
import { withMirror } from './mirror.ts';

const CATALOGUE = fileURLToPath(new URL('../../../templates/catalogue.yaml', import.meta.url));

test('every image of the catalogue can be pulled from a mirror of its vendor’s layout', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nvt-catalogue-'));
  try {
    await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', join(directory, 'disk'), '4M']);
    const body = await readFile(join(directory, 'disk'));
    const digestOf = (path: string) => {
      const name = /SHA512SUMS|\.sha512$/.test(path) ? 'sha512' : path.endsWith('MD5SUMS') ? 'md5' : 'sha256';
      return createHash(name).update(body).digest('hex');
    };
    const catalogue = await loadCatalogue(CATALOGUE);
    const pairs = catalogue.images.flatMap((image) =>
      Object.keys(image.builds).map((arch) => ({ image, arch })),
    );
    const lists = new Map(
      pairs.map(({ image, arch }) => {
        const path = `/${image.mirror}/${image.builds[arch]?.checksums}`;
        return [path, pairs.flatMap((pair) => listed(pair, path, digestOf(path))).join('\n')];
      }),
    );
    const mirror = withMirror(
      (request, response) => {
        response.end(lists.get(request.url ?? '') ?? body);
      },
      async ({ url }) => {
        const mirrors = Object.fromEntries(
          Object.keys(catalogue.mirrors).map((name) => [name, `${url}/${name}/`]),
        );
        for (const [index, { image, arch }] of pairs.entries()) {
          const found = resolveCatalogue(catalogue, image.name, arch, mirrors);
          const source = { kind: 'url', url: found.url } as const;
          const { checksum, name } = found;
          const request = {
            source,
            directory: join(directory, 'images'),
            id: `image-${index}`,
            name,
            checksum,
          };
          const fetched = await fetchImage(request, { proxyEnv: {} });
          assert.equal(fetched.diskFormat, 'qcow2', name);
          assert.equal(found.properties['architecture'], arch);
          assert.ok(found.properties['os_distro'] && found.properties['os_admin_user'], name);
        }
      },
    );
    await mirror;
    assert.ok(pairs.length >= 30);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

interface Pair {
  readonly image: {
    readonly mirror: string;
    readonly builds: Readonly<Record<string, { file: string; checksums: string } | undefined>>;
  };
  readonly arch: string;
}

/** The line of one build in the list at `path`, or nothing. */
function listed({ image, arch }: Pair, path: string, digest: string): string[] {
  const build = image.builds[arch];
  if (build === undefined || path !== `/${image.mirror}/${build.checksums}`) return [];
  return [`${digest}  ${build.file.slice(build.file.lastIndexOf('/') + 1)}`];
}

test('names and aliases find one image; what is not there is told with what is', async () => {
  const catalogue = await loadCatalogue(CATALOGUE);
  const debian = resolveCatalogue(catalogue, 'debian:12', 'x86_64');
  assert.equal(
    debian.url,
    'https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-generic-amd64.qcow2',
  );
  assert.equal(debian.checksum, 'https://cloud.debian.org/images/cloud/bookworm/latest/SHA512SUMS');
  assert.deepEqual(resolveCatalogue(catalogue, 'debian:bookworm', 'x86_64'), debian);
  const expected = { code: 'CATALOGUE_IMAGE_UNKNOWN', kind: 'not-found', hint: /debian:12/ };
  assert.throws(() => resolveCatalogue(catalogue, 'plan9', 'x86_64'), expected);
  assert.throws(() => resolveCatalogue(catalogue, 'arch', 's390x'), {
    code: 'CATALOGUE_ARCH_UNKNOWN',
    hint: /x86_64/,
  });
});
