import assert from 'node:assert/strict';
import { pbkdf2 } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type DownloadSettings, download } from '#adapters/download/download.js';
import { scratchTree } from '../../support/scratch.js';

/** A real server on loopback that answers as it is told. */
async function server(t: TestContext, listener: RequestListener): Promise<URL> {
  const http = createServer(listener);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    http.closeAllConnections();
    http.close();
  });
  return new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/json`);
}

function settings(more: Partial<DownloadSettings> = {}): DownloadSettings {
  const { signal } = new AbortController();
  const directory = scratchTree().path;
  return { directory, environment: {}, mostBytes: 1000, signal, ...more };
}

async function textOf(url: URL, own: DownloadSettings): Promise<string> {
  const got = await download(url, own);
  return got.kind === 'done' ? readFileSync(got.path, 'utf8') : JSON.stringify(got);
}

test('a file is fetched once, and then only asked about', async (t) => {
  const asked: (string | undefined)[] = [];
  let content = 'one';
  const url = await server(t, (request, response) => {
    const etag = `"${content}"`;
    asked.push(request.headers['if-none-match']);
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304).end();
    } else {
      response.writeHead(200, { etag, 'content-encoding': 'gzip' }).end(gzipSync(content));
    }
  });
  const own = settings();
  assert.equal(await textOf(url, own), 'one');
  assert.equal(await textOf(url, own), 'one');
  content = 'two';
  assert.equal(await textOf(url, own), 'two');
  assert.deepEqual(asked, [undefined, '"one"', '"one"']);
  assert.equal(readdirSync(own.directory).length, 2);
});

test('what was cut short is not kept, and not used', async (t) => {
  let isCut = true;
  const asked: (string | undefined)[] = [];
  const url = await server(t, (request, response) => {
    asked.push(request.headers['if-none-match']);
    response.writeHead(200, { 'content-length': 6, etag: '"1"' });
    response.write('abc');
    setTimeout(() => (isCut ? response.destroy() : response.end('def')), 50);
  });
  const own = settings();
  assert.match(await textOf(url, own), /^\{"kind":"failed"/);
  assert.deepEqual(readdirSync(own.directory), []);
  isCut = false;
  assert.equal(await textOf(url, own), 'abcdef');
  assert.deepEqual(asked, [undefined, undefined]);
});

test('a server that fails, hangs or sends too much', async (t) => {
  const url = await server(t, (request, response) => {
    switch (request.url) {
      case '/missing':
        response.writeHead(404).end('no');
        break;
      case '/silent':
        response.writeHead(200).write('a');
        break;
      case '/large':
        response.end('x'.repeat(1001));
        break;
      case '/packed':
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(1e6)));
        break;
      case '/away':
        response.writeHead(302, { location: 'http://example.org/json' }).end();
        break;
      case '/round':
        response.writeHead(302, { location: '/round' }).end();
        break;
      case '/here':
        response.writeHead(302, { location: '/json' }).end();
        break;
      default:
        response.end('found');
    }
  });
  const own = settings({ silenceMs: 300 });
  const reasonOf = async (path: string) => {
    const got = await download(new URL(path, url), own);
    return got.kind === 'failed' ? got.reason.replace(url.host, 'HOST') : got.kind;
  };
  assert.equal(await reasonOf('/missing'), 'HOST answered 404');
  assert.equal(await reasonOf('/silent'), 'HOST said nothing for 0.3 s');
  const small = `it is larger than ${1000 / 1024 ** 2} MiB`;
  assert.equal(await reasonOf('/large'), small);
  assert.equal(await reasonOf('/packed'), small);
  assert.equal(await reasonOf('/away'), 'HOST redirects to what is not fetched');
  assert.equal(await reasonOf('/round'), 'HOST redirects to what is not fetched');
  assert.deepEqual(readdirSync(own.directory), []);
  assert.equal(await textOf(new URL('/here', url), own), 'found');
});

test('nothing is left where the disk is slower than the server', async (t) => {
  const busy: Promise<unknown>[] = [];
  const url = await server(t, (_, response) => {
    // Node asks the file system in four threads: all have something else to do when the answer comes.
    for (let count = 0; count < 4; count++) {
      busy.push(promisify(pbkdf2)('', '', 500_000, 64, 'sha512'));
    }
    response.end('x'.repeat(1001));
  });
  const own = settings();
  assert.match(await textOf(url, own), /^\{"kind":"failed"/);
  await Promise.all(busy);
  await sleep(50);
  assert.deepEqual(readdirSync(own.directory), []);
});

test('what is never fetched; an end that was asked for; a directory that cannot be', async (t) => {
  for (const [url, reason] of [
    ['http://example.org/json', 'only https is fetched'],
    ['ftp://example.org/json', 'only https is fetched'],
    [
      'https://me:secret@example.org/json',
      'it has a login, which would be in the list of processes',
    ],
  ] as const) {
    assert.deepEqual(await download(new URL(url), settings()), { kind: 'refused', reason });
  }
  const url = await server(t, () => {});
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 100);
  const ended = await download(url, settings({ signal: stop.signal }));
  assert.deepEqual(ended, { kind: 'cancelled' });
  const closed = await server(t, (_, response) => response.end('x'));
  const got = await download(closed, settings({ directory: '/dev/null/cache' }));
  assert.equal(got.kind, 'failed');
});
