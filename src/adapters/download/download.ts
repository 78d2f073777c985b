import { createHash } from 'node:crypto';
// biome-ignore lint/style/noRestrictedImports: streams what may be hundreds of megabytes into the user's cache.
import { createWriteStream, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { keepNewest } from '#core/files/keepNewest.js';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { whyNot } from '#core/files/paths.js';
import { readText } from '#core/files/readBytes.js';
import { replaceFile } from '#core/files/writeFile.js';
import type { Environment } from '../process/process.js';
import { isLoopback } from '../registry/address.js';
import { Connections } from '../registry/transport.js';
import { authoritiesFor } from '../registry/trust.js';

export interface DownloadSettings {
  /** What is kept is in this one: one file a URL, and beside it what the server calls that state. */
  readonly directory: string;
  readonly environment: Environment;
  /** Of the file, unpacked. */
  readonly mostBytes: number;
  /** A server that says nothing for so long is given up, in milliseconds; 30 seconds when absent. */
  readonly silenceMs?: number;
  readonly signal: AbortSignal;
  /** Hears how much is there. */
  readonly onBytes?: (bytes: number) => void;
}

export type Downloaded =
  | { readonly kind: 'done'; readonly path: string }
  /** It cannot be had by this URL, ever. A clause. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** A clause. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'cancelled' };

const usualSilenceMs = 30_000;
const mostRedirects = 5;

class Failure extends Error {}

/**
 * Fetches a file over https (http from this machine alone) through the usual proxies, and keeps it: the next time the server
 * is asked whether it is another by now. What was cut short is never kept, and what is kept is not used where the server
 * cannot be asked: it may be of another year.
 */
export async function download(url: URL, settings: DownloadSettings): Promise<Downloaded> {
  const { directory, environment, signal, silenceMs = usualSilenceMs } = settings;
  const reason = reasonToRefuse(url);
  if (reason !== undefined) {
    return { kind: 'refused', reason };
  }
  const connections = new Connections({
    environment,
    authorities: () => authoritiesFor(url.host, undefined, environment),
  });
  const silence = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), silenceMs);
  };
  const stopped = AbortSignal.any([signal, silence.signal]);
  try {
    makeDirectory(directory);
    heard();
    const path = join(directory, createHash('sha256').update(url.href).digest('hex'));
    const known = knownState(path);
    const reply = await ask(url, known, connections, stopped);
    if (reply.statusCode === 304 && known !== undefined) {
      reply.resume();
      return { kind: 'done', path };
    }
    await keep(reply, path, settings, stopped, heard);
    // With what runs that were killed have left.
    keepNewest(directory, 2 * settings.mostBytes);
    return { kind: 'done', path };
  } catch (cause) {
    if (signal.aborted) {
      return { kind: 'cancelled' };
    }
    const said = cause instanceof Failure ? cause.message : messageOf(cause);
    const late = `${url.host} said nothing for ${silenceMs / 1000} s`;
    return { kind: 'failed', reason: silence.signal.aborted ? late : said };
  } finally {
    clearTimeout(timer);
    connections.close();
  }
}

function reasonToRefuse(url: URL): string | undefined {
  if (url.username !== '' || url.password !== '') {
    return 'it has a login, which would be in the list of processes';
  }
  const isOpen = url.protocol === 'http:' && isLoopback(url.host);
  return url.protocol === 'https:' || isOpen ? undefined : 'only https is fetched';
}

interface State {
  readonly etag?: string;
  readonly modified?: string;
  readonly bytes: number;
}

/** What is kept, where it is whole. */
function knownState(path: string): State | undefined {
  try {
    const state: unknown = JSON.parse(readText(`${path}.json`));
    if (typeof state !== 'object' || state === null) {
      return undefined;
    }
    const { etag, modified, bytes } = state as Record<string, unknown>;
    return typeof bytes === 'number' && statSync(path).size === bytes
      ? {
          bytes,
          ...(typeof etag === 'string' ? { etag } : {}),
          ...(typeof modified === 'string' ? { modified } : {}),
        }
      : undefined;
  } catch {
    return undefined;
  }
}

async function ask(
  first: URL,
  known: State | undefined,
  connections: Connections,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const headers = {
    'accept-encoding': 'gzip',
    'user-agent': 'generate-bake',
    ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known?.modified === undefined ? {} : { 'if-modified-since': known.modified }),
  };
  let url = first;
  for (let count = 0; ; count++) {
    const reply = await send(url, headers, connections, signal);
    const status = reply.statusCode ?? 0;
    if (status === 200 || status === 304) {
      return reply;
    }
    reply.resume();
    const { location } = reply.headers;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined) {
      throw new Failure(`${url.host} answered ${status}`);
    }
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (next === undefined || reasonToRefuse(next) !== undefined || count === mostRedirects) {
      throw new Failure(`${url.host} redirects to what is not fetched`);
    }
    url = next;
  }
}

function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  connections: Connections,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, signal, agent: connections.agentFor(url) });
    asked.once('error', reject);
    asked.once('response', resolve);
    asked.end();
  });
}

/** Writes an answer beside what was kept, and in its place once it is whole. */
async function keep(
  reply: IncomingMessage,
  path: string,
  { mostBytes, onBytes }: DownloadSettings,
  signal: AbortSignal,
  heard: () => void,
): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  let bytes = 0;
  let received = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _, done) {
      received += chunk.length;
      heard();
      done(null, chunk);
    },
  });
  const limiting = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      onBytes?.(bytes);
      const isTooLarge = bytes > mostBytes;
      const most = `it is larger than ${mostBytes / 1024 ** 2} MiB`;
      done(isTooLarge ? new Failure(most) : null, chunk);
    },
  });
  const isPacked = reply.headers['content-encoding'] === 'gzip';
  try {
    // Opened here: a stream that opens later could make the file after it has been taken away.
    const file = createWriteStream(part, { fd: openSync(part, 'w', 0o600) });
    await (isPacked
      ? pipeline(reply, counting, createGunzip(), limiting, file, { signal })
      : pipeline(reply, counting, limiting, file, { signal }));
    const length = reply.headers['content-length'];
    if (length !== undefined && Number(length) !== received) {
      throw new Failure('the answer was cut short');
    }
    // The state last: without it what is there is fetched again.
    rmSync(`${path}.json`, { force: true });
    renameSync(part, path);
    const { etag, 'last-modified': modified } = reply.headers;
    replaceFile(`${path}.json`, JSON.stringify({ etag, modified, bytes }), 0o600);
  } finally {
    rmSync(part, { force: true });
  }
}

function messageOf(cause: unknown): string {
  const { code, syscall } = cause instanceof Error ? (cause as NodeJS.ErrnoException) : {};
  if (code !== undefined && ['open', 'write', 'rename', 'mkdir'].includes(syscall ?? '')) {
    return `what is fetched cannot be kept: the file ${whyNot(cause)}`;
  }
  return cause instanceof Error ? cause.message : String(cause);
}
