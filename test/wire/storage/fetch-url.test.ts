import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { type FetchOptions, fetchImage, findResumableId, listParts } from '../../../src/storage/index.ts';
import { type Handler, type Mirror, serve, withMirror } from './mirror.ts';

const BODY = Buffer.concat([randomBytes(3 << 20), Buffer.alloc(4 << 20), randomBytes(1000)]);
const SHA256 = createHash('sha256').update(BODY).digest('hex');
const NO_PROXY = { proxyEnv: {} };
const QUICK: FetchOptions = { ...NO_PROXY, retryMs: 1, attempts: 3, answerMs: 20_000, stallMs: 20_000 };

interface World {
  readonly directory: string;
  readonly mirror: Mirror;
  readonly fetch: (
    options?: FetchOptions,
    facts?: { path?: string; checksum?: string; id?: string },
  ) => ReturnType<typeof fetchImage>;
}

async function world(handler: Handler, work: (world: World) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'nvt-fetch-'));
  try {
    await withMirror(handler, async (mirror) => {
      const fetch: World['fetch'] = (options = {}, { path = '/disk.raw', checksum, id = 'image-1' } = {}) =>
        fetchImage(
          {
            source: { kind: 'url', url: `${mirror.url}${path}` },
            directory,
            id,
            name: 'the image',
            checksum,
          },
          { ...QUICK, ...options },
        );
      await work({ directory, mirror, fetch });
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

test('an image comes whole, sparse, with its digest and progress', async () => {
  await world(serve({ body: BODY }), async ({ directory, fetch }) => {
    const seen: number[] = [];
    const image = await fetch({
      onProgress: ({ stage, bytes, totalBytes }) => {
        if (stage !== 'download') return;
        assert.equal(totalBytes, BODY.length);
        seen.push(bytes);
      },
    });
    assert.deepEqual([image.sha256, image.diskFormat, image.sizeBytes], [SHA256, 'raw', BODY.length]);
    assert.ok((await readFile(image.path)).equals(BODY));
    assert.ok((await stat(image.path)).blocks * 512 < BODY.length - (3 << 20));
    assert.equal(seen.at(-1), BODY.length);
    assert.deepEqual(await readdir(directory), ['image-1']);
  });
});

test('a connection that breaks is taken up where it stopped', async () => {
  await world(serve({ body: BODY, cutAfter: 2 << 20, cuts: 2 }), async ({ mirror, fetch }) => {
    assert.equal((await fetch()).sha256, SHA256);
    const [first, second] = mirror.requests;
    assert.equal(first?.range, undefined);
    assert.match(second?.range ?? '', /^bytes=\d{5,}-$/);
  });
});

test('a server that ignores ranges sends all again, and the result is right', async () => {
  await world(serve({ body: BODY, cutAfter: 2 << 20, ignoreRange: true }), async ({ fetch }) => {
    assert.equal((await fetch()).sha256, SHA256);
  });
});

test('a file that changed on the server is not glued to the old beginning', async () => {
  const old = serve({ body: randomBytes(BODY.length), etag: '"old"', cutAfter: 2 << 20 });
  const fresh = serve({ body: BODY, etag: '"new"' });
  let count = 0;
  const handler: Handler = (request, response) => (count++ === 0 ? old : fresh)(request, response);
  await world(handler, async ({ mirror, fetch }) => {
    assert.equal((await fetch()).sha256, SHA256);
    assert.match(mirror.requests[1]?.range ?? '', /^bytes=/);
  });
});

test('a range other than the one asked for is not glued in', async () => {
  const good = serve({ body: BODY, cutAfter: 2 << 20, cuts: 1 });
  const handler: Handler = (request, response) => {
    if (request.headers.range === undefined) return good(request, response);
    response.writeHead(206, {
      'content-range': `bytes 0-9/${BODY.length}`,
      'content-length': 10,
      etag: '"v1"',
    });
    response.end(BODY.subarray(0, 10));
  };
  await world(handler, async ({ fetch }) => {
    await assert.rejects(fetch(), { code: 'DOWNLOAD_CUT' });
  });
});

test('after giving up, the part stays, and the next call goes on with it', async () => {
  await world(serve({ body: BODY, cutAfter: 1 << 20, cuts: 3 }), async ({ directory, mirror, fetch }) => {
    await assert.rejects(fetch(), { code: 'DOWNLOAD_CUT', kind: 'unavailable' });
    const [part] = await listParts(directory);
    assert.ok(part !== undefined && part.bytes > 1 << 20 && part.isActive);
    assert.equal((await fetch()).sha256, SHA256);
    assert.match(mirror.requests.at(-1)?.range ?? '', /^bytes=\d{7}-$/);
    assert.deepEqual(await readdir(directory), ['image-1']);
  });
});

test('a download killed with its process is found by URL and gone on with', async () => {
  const slow = serve({ body: BODY, cutAfter: 2 << 20, cuts: 1 });
  let count = 0;
  const handler: Handler = (request, response) => {
    if (count++ > 0) return slow(request, response);
    response.writeHead(200, { 'content-length': BODY.length, etag: '"v1"' });
    response.write(BODY.subarray(0, 2 << 20)); // and then nothing
  };
  await world(handler, async ({ directory, mirror, fetch }) => {
    const url = `${mirror.url}/disk.raw`;
    const program = `
      const { fetchImage } = await import(${JSON.stringify(new URL('../../../src/storage/index.ts', import.meta.url).href)});
      await fetchImage(
        { source: { kind: 'url', url: ${JSON.stringify(url)} }, directory: ${JSON.stringify(directory)}, id: 'killed', name: 'x' },
        { proxyEnv: {}, onProgress: ({ bytes }) => { if (bytes >= ${2 << 20}) process.kill(process.pid, 'SIGKILL'); } },
      );`;
    const killed = runProgram(process.execPath, ['--input-type=module', '-e', program], {
      timeoutMs: 120_000,
    });
    await assert.rejects(killed, { code: 'PROGRAM_FAILED' });
    assert.equal(await findResumableId(directory, url), 'killed');
    assert.equal((await fetch({}, { id: 'killed' })).sha256, SHA256);
    assert.match(mirror.requests[1]?.range ?? '', /^bytes=\d+-$/);
  });
});

test('a part that another living process writes is left alone', async () => {
  await world(serve({ body: BODY }), async ({ directory, mirror, fetch }) => {
    const stat1 = (await readFile('/proc/1/stat', 'latin1')).split(') ')[1]?.split(' ')[19];
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).slice(0, 8);
    const record = {
      url: `${mirror.url}/disk.raw`,
      validator: '"v1"',
      totalBytes: 1,
      owner: `1-${stat1}-${boot}`,
    };
    await runProgram('tee', [join(directory, 'image-1.part.json')], { stdin: JSON.stringify(record) });
    await runProgram('tee', [join(directory, 'image-1.part')], { stdin: 'x' });
    await assert.rejects(fetch(), { code: 'IMAGE_FETCH_IN_PROGRESS', kind: 'conflict' });
    assert.equal(await findResumableId(directory, record.url), undefined);
    assert.equal(mirror.requests.length, 0);
  });
});

test('a part that is already whole is asked for no more than its end', async () => {
  await world(serve({ body: BODY }), async ({ directory, fetch }) => {
    const stop = new AbortController();
    const onProgress = ({ stage }: { stage: string }) => {
      if (stage === 'check') stop.abort();
    };
    await assert.rejects(fetch({ signal: stop.signal, onProgress }), { code: 'CANCELLED' });
    assert.equal((await listParts(directory))[0]?.bytes, BODY.length);
    assert.equal((await fetch()).sha256, SHA256);
  });
});

test('a wrong checksum is CHECKSUM_MISMATCH and leaves nothing', async () => {
  await world(serve({ body: BODY }), async ({ directory, fetch }) => {
    const checksum = `sha256:${'0'.repeat(64)}`;
    await assert.rejects(fetch({}, { checksum }), { code: 'CHECKSUM_MISMATCH', kind: 'corrupt' });
    assert.deepEqual(await readdir(directory), []);
  });
});

test('a vendor’s list of checksums is read and held to', async () => {
  const sha512 = createHash('sha512').update(BODY).digest('hex');
  const lists = new Map([
    ['/SHA256SUMS', `${'1'.repeat(64)} *other.raw\n${SHA256} *disk.raw\n`],
    [
      '/CHECKSUM',
      `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# disk.raw: 1 bytes\nSHA256 (disk.raw) = ${SHA256}\n`,
    ],
    ['/disk.raw.sha512', `${sha512}\n`],
    ['/WRONG', `${'2'.repeat(64)}  disk.raw\n`],
    ['/OTHER', `${SHA256}  another.raw\n${SHA256}  third.raw\n`],
  ]);
  const image = serve({ body: BODY });
  const handler: Handler = (request, response) => {
    const list = lists.get(request.url ?? '');
    if (list === undefined) image(request, response);
    else response.end(list);
  };
  await world(handler, async ({ directory, mirror, fetch }) => {
    for (const [index, name] of ['SHA256SUMS', 'CHECKSUM', 'disk.raw.sha512'].entries()) {
      const fetched = await fetch({}, { checksum: `${mirror.url}/${name}`, id: `image-${index}` });
      assert.equal(fetched.sha256, SHA256);
    }
    await assert.rejects(fetch({}, { checksum: `${mirror.url}/WRONG`, id: 'x' }), {
      code: 'CHECKSUM_MISMATCH',
    });
    await assert.rejects(fetch({}, { checksum: `${mirror.url}/OTHER`, id: 'x' }), {
      code: 'CHECKSUM_NOT_LISTED',
    });
    assert.equal((await readdir(directory)).length, 3);
  });
});

test('redirects are followed, but not for ever and not anywhere', async () => {
  const image = serve({ body: BODY });
  const handler: Handler = (request, response) => {
    if (request.url === '/disk.raw') return image(request, response);
    const location = { '/latest': '/disk.raw', '/loop': '/loop', '/file': 'file:///etc/shadow', '/none': '' }[
      request.url ?? ''
    ];
    response.writeHead(302, location === '' ? {} : { location: location ?? '/loop' }).end();
  };
  await world(handler, async ({ directory, mirror, fetch }) => {
    assert.equal((await fetch({}, { path: '/latest' })).sha256, SHA256);
    const before = mirror.requests.length;
    await assert.rejects(fetch({}, { path: '/loop', id: 'x' }), {
      code: 'URL_REDIRECT_LOOP',
      kind: 'refused',
    });
    assert.equal(mirror.requests.length - before, 11);
    await assert.rejects(fetch({}, { path: '/file', id: 'x' }), { code: 'URL_REDIRECT_REFUSED' });
    await assert.rejects(fetch({}, { path: '/none', id: 'x' }), { code: 'URL_REDIRECT_REFUSED' });
    assert.deepEqual(await readdir(directory), ['image-1']);
  });
});

test('what the server answers is told apart, and only what may pass is tried again', async () => {
  let busy = 2;
  const image = serve({ body: BODY });
  const handler: Handler = (request, response) => {
    const status = Number(/^\/(\d+)/.exec(request.url ?? '')?.[1]);
    if (status > 0) response.writeHead(status).end();
    else if (busy-- > 0) response.writeHead(503).end();
    else image(request, response);
  };
  await world(handler, async ({ mirror, fetch }) => {
    await assert.rejects(fetch({}, { path: '/404' }), { code: 'URL_NOT_FOUND', kind: 'not-found' });
    await assert.rejects(fetch({}, { path: '/403' }), { code: 'URL_DENIED', kind: 'denied' });
    await assert.rejects(fetch({}, { path: '/418' }), { code: 'URL_REFUSED', kind: 'refused' });
    assert.equal(mirror.requests.length, 3);
    assert.equal((await fetch()).sha256, SHA256);
    assert.equal(mirror.requests.length, 6);
    await assert.rejects(fetch({}, { path: '/500', id: 'x' }), {
      code: 'URL_UNAVAILABLE',
      kind: 'unavailable',
    });
  });
});

test('a server that never answers, one that goes silent and one that trickles are left', async () => {
  const timers = new Set<NodeJS.Timeout>();
  const handler: Handler = (request, response) => {
    if (request.url === '/mute') return;
    response.writeHead(200, { 'content-length': 1 << 20 });
    response.write(Buffer.alloc(10));
    if (request.url === '/trickle') timers.add(setInterval(() => response.write('x'), 20));
  };
  await world(handler, async ({ directory, fetch }) => {
    await assert.rejects(fetch({ answerMs: 300, attempts: 1 }, { path: '/mute' }), {
      code: 'URL_TIMEOUT',
      kind: 'timeout',
    });
    const hasty = { stallMs: 300, attempts: 1 };
    await assert.rejects(fetch(hasty, { path: '/silent' }), { code: 'DOWNLOAD_STALLED', kind: 'timeout' });
    await assert.rejects(fetch(hasty, { path: '/trickle' }), { code: 'DOWNLOAD_STALLED' });
    assert.deepEqual(await readdir(directory), [], 'nothing that cannot be resumed stays');
  });
  for (const timer of timers) clearInterval(timer);
});

test('a Content-Length that promises too much is a cut, and one over the limit is refused at once', async () => {
  const handler: Handler = (request, response) => {
    response.writeHead(200, { 'content-length': request.url === '/huge' ? 2 ** 50 : BODY.length + 5 });
    response.write(BODY, () => setImmediate(() => response.destroy()));
  };
  await world(handler, async ({ directory, fetch }) => {
    await assert.rejects(fetch(), { code: 'DOWNLOAD_CUT' });
    await assert.rejects(fetch({}, { path: '/huge' }), { code: 'IMAGE_TOO_LARGE', kind: 'invalid' });
    assert.deepEqual(await readdir(directory), []);
  });
});

test('a body without a length is bounded all the same', async () => {
  const handler: Handler = (_request, response) => {
    response.writeHead(200);
    response.end(BODY);
  };
  await world(handler, async ({ directory, fetch }) => {
    await assert.rejects(fetch({ maxBytes: 1 << 20 }), { code: 'IMAGE_TOO_LARGE' });
    assert.deepEqual(await readdir(directory), []);
    assert.equal((await fetch()).sha256, SHA256);
  });
});

test('cancelling stops at once and keeps what can be gone on with', async () => {
  await world(serve({ body: BODY, cutAfter: 3 << 20 }), async ({ directory, fetch }) => {
    const stop = new AbortController();
    const onProgress = ({ bytes }: { bytes: number }) => {
      if (bytes > 1 << 20) stop.abort();
    };
    await assert.rejects(fetch({ signal: stop.signal, onProgress }), {
      code: 'CANCELLED',
      kind: 'cancelled',
    });
    const [part] = await listParts(directory);
    assert.ok(part !== undefined && part.bytes > 0);
    assert.equal((await fetch()).sha256, SHA256);
  });
});

test('a proxy from the environment is used, and no_proxy is respected', async () => {
  const proxied: string[] = [];
  const image = serve({ body: BODY });
  const proxy: Handler = (request, response) => {
    proxied.push(request.url ?? '');
    image(request, response);
  };
  await world(image, async ({ mirror, fetch }) => {
    await withMirror(proxy, async ({ url }) => {
      await fetch({ proxyEnv: { http_proxy: url } }, { id: 'one' });
      assert.deepEqual(proxied, [`${mirror.url}/disk.raw`]);
      assert.equal(mirror.requests.length, 0);
      await fetch({ proxyEnv: { http_proxy: url, no_proxy: '127.0.0.1' } }, { id: 'two' });
      assert.equal(proxied.length, 1);
      assert.equal(mirror.requests.length, 1);
      await assert.rejects(fetch({ proxyEnv: { http_proxy: 'http://' } }, { id: 'three' }), {
        code: 'PROXY_INVALID',
      });
    });
  });
});

test('nobody there is URL_UNREACHABLE, and no password of a URL is ever shown', async () => {
  await world(serve({ body: BODY }), async ({ directory }) => {
    const url = 'http://user:hunter2@127.0.0.1:1/disk.raw?token=hunter2';
    const fetching = fetchImage({ source: { kind: 'url', url }, directory, id: 'x', name: 'x' }, QUICK);
    await assert.rejects(fetching, (error: Error) => {
      assert.match(error.message, /127\.0\.0\.1:1/);
      assert.ok(!JSON.stringify({ ...error, message: error.message }).includes('hunter2'));
      return true;
    });
  });
});

test('a login in the URL goes to that host', async () => {
  let seen = '';
  const image = serve({ body: BODY });
  const handler: Handler = (request, response) => {
    seen = request.headers.authorization ?? '';
    image(request, response);
  };
  await world(handler, async ({ directory, mirror }) => {
    const url = mirror.url.replace('//', '//user:pa%20ss@');
    await fetchImage({ source: { kind: 'url', url }, directory, id: 'x', name: 'x' }, QUICK);
    assert.equal(Buffer.from(seen.replace('Basic ', ''), 'base64').toString(), 'user:pa ss');
  });
});

test('an image that is not what it is said to be is not stored', async () => {
  await world(serve({ body: BODY }), async ({ directory, mirror }) => {
    const source = { kind: 'url', url: `${mirror.url}/disk.raw` } as const;
    const fetching = fetchImage({ source, directory, id: 'x', name: 'x', diskFormat: 'qcow2' }, QUICK);
    await assert.rejects(fetching, { code: 'IMAGE_FORMAT_MISMATCH' });
    assert.deepEqual(await readdir(directory), []);
  });
});
