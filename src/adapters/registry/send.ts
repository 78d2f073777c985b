/**
 * One request to a registry, its token service or wherever it redirects to, and what the library lacks there: deadlines,
 * agents, limits, a login that stays where it belongs, and that nothing is deleted
 * (doc/dev/registry-and-libraries.md lists the traps).
 */
import { Readable } from 'node:stream';
import type { RequestInit, Response } from 'node-fetch';
import type { DockerResponse as LibraryResponse } from 'oci-registry-client';
import { dockerHub } from '#core/reference/hosts.js';
import { FailedElsewhere, MalformedAnswer, NoAnswer, nameOther, type OtherHost } from './fault.js';
import { DockerResponse, fetch, Headers, RegistryHttpError } from './loadLibrary.js';
import type { Connections } from './transport.js';
import { untold, type Waits } from './waits.js';

/** How requests reach one host. */
export interface HostConnection {
  readonly host: string;
  readonly transport: Connections;
  /** For one request with its body, in milliseconds. */
  readonly requestMs: number;
  /** The same for what takes a registry long. */
  readonly slowRequestMs: number;
  readonly waits: Waits;
  /** The caller's: ends requests under way. */
  readonly signal?: AbortSignal;
}

/** The largest manifest or configuration that is read: the specification's 4 MiB, four times. */
const largestBody = 16 * 1024 * 1024;

export interface LibraryRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: InstanceType<typeof Headers>;
  readonly body?: RequestInit['body'];
  readonly expectStatus?: readonly number[];
  readonly redirect?: RequestInit['redirect'];
  /** It may take the longer of the two times. */
  readonly isSlow?: boolean;
  /** Its body is read as it comes (`dockerStream`): the time is for each part of it. */
  readonly streams?: true;
  /** Its body, sent as it comes: the time is for each part of it. What it throws is thrown. */
  readonly uploads?: AsyncIterable<Uint8Array>;
  /** It cancels an upload that this program began: the one DELETE that there is. */
  readonly cancelsUpload?: true;
  /** It asks for a token; at another host than the registry's, any other one follows a redirect. */
  readonly asksToken?: true;
}

/** Nothing in a registry is ever deleted, by whatever road: a tag, a manifest, a blob. */
function refuseDeletion({ method, path, cancelsUpload }: LibraryRequest): void {
  const isContent = /\/manifests\/|\/tags\/|\/blobs\/[a-z0-9+._-]+:/i.test(path);
  if (!/^(?:GET|HEAD|POST|PUT|PATCH)$/.test(method) && (cancelsUpload !== true || isContent)) {
    throw new Error(`a registry is never sent ${method} ${path}`);
  }
}

export function baseUrl(host: string, scheme: 'http' | 'https'): string {
  return host === dockerHub ? 'https://registry-1.docker.io' : `${scheme}://${host}`;
}

/** One request; a status that is not expected is thrown as the library's HttpError. */
export async function send(
  connection: HostConnection,
  base: string,
  request: LibraryRequest,
): Promise<LibraryResponse> {
  refuseDeletion(request);
  const headers = new Headers(request.headers);
  if (!headers.has('accept')) {
    headers.set('accept', 'application/json');
  }
  headers.set('user-agent', 'generate-bake');
  const url = new URL(request.path, base);
  const first = request.asksToken === true ? 'token service' : 'redirect';
  const other = otherHost(connection, url, first);
  const partner = other === undefined ? connection.host : nameOther(other, connection.host);
  // Whoever sends a long body gives the signs of life: there is no answer as long as it takes.
  const waits = request.uploads === undefined ? connection.waits : untold;
  const wait = waits.begin(partner);
  const deadline = new AbortController();
  const milliseconds = request.isSlow === true ? connection.slowRequestMs : connection.requestMs;
  let late: NoAnswer | undefined;
  let raw: Response | undefined;
  const end = () => deadline.abort();
  // The connection keeps the process alive while there is something to wait for.
  const timer = setTimeout(() => {
    late = new NoAnswer(milliseconds);
    if (raw !== undefined && 'destroy' in raw.body && typeof raw.body.destroy === 'function') {
      raw.body.destroy(late);
    }
    end();
  }, milliseconds).unref();
  let broken: { readonly cause: unknown } | undefined;
  const upload =
    request.uploads === undefined
      ? undefined
      : bodyOf(
          request.uploads,
          () => timer.refresh(),
          (cause) => {
            broken = { cause };
            end();
          },
        );
  connection.signal?.addEventListener('abort', end, { once: true });
  const finish = () => {
    clearTimeout(timer);
    wait.end(raw === undefined ? undefined : raw.status < 429);
    connection.signal?.removeEventListener('abort', end);
  };
  if (connection.signal?.aborted) {
    end();
  }
  let answered: Asked;
  try {
    answered = await ask(url, request.redirect === 'follow', {
      method: request.method,
      headers,
      body: upload ?? request.body,
      agent: (url) => connection.transport.agentFor(url),
      signal: deadline.signal as NonNullable<RequestInit['signal']>,
    });
  } catch (cause) {
    finish();
    upload?.destroy();
    throwBroken(broken);
    const { at, error } = cause instanceof AskFailure ? cause : { at: url, error: cause };
    throw elsewhere(connection, at, at === url ? first : 'redirect', late ?? error);
  }
  raw = answered.response;
  const role = answered.url === url ? first : 'redirect';
  // The deadline covers the body too: the timer ends with it.
  raw.body.once('close', finish);
  const response = new DockerResponse(raw.body, {
    headers: raw.headers,
    status: raw.status,
    statusText: raw.statusText,
    size: largestBody,
  });
  const read = response.dockerBody.bind(response);
  response.dockerBody = () =>
    read().catch((cause: unknown) => {
      throw elsewhere(connection, answered.url, role, cause);
    });
  if (!(request.expectStatus ?? [200]).includes(raw.status)) {
    const refusal = await response.dockerThrowable(raw.status, `HTTP ${raw.status}`);
    // It may be refused before all of it is sent.
    upload?.destroy();
    throwBroken(broken);
    throw elsewhere(connection, answered.url, role, refusal);
  }
  if (request.streams === true) {
    wait.end(true);
    const body = streamed(raw.body, timer, (cause) =>
      elsewhere(connection, answered.url, role, cause),
    );
    response.dockerStream = () => Readable.from(body);
  }
  // The library looks at the headers of what a PUT answers and leaves the body lying: its deadline
  // would keep the process alive, and its connection could not be used again.
  if (request.method === 'PUT') {
    raw.body.resume();
  }
  return response;
}

/**
 * A request's body that is made as it is sent: `onPart` before each part of it, `onBroken` where there will be
 * no more, since the library of requests would wait for it.
 */
function bodyOf(
  bytes: AsyncIterable<Uint8Array>,
  onPart: () => void,
  onBroken: (cause: unknown) => void,
): Readable & NonNullable<RequestInit['body']> {
  async function* parts(): AsyncGenerator<Uint8Array> {
    try {
      for await (const part of bytes) {
        onPart();
        yield part;
        onPart();
      }
    } catch (cause) {
      onBroken(cause);
      throw cause;
    }
  }
  return Readable.from(parts(), { objectMode: false });
}

function throwBroken(broken: { readonly cause: unknown } | undefined): void {
  if (broken !== undefined) {
    throw broken.cause;
  }
}

/** The parts of a body, for each of which the timer starts again. */
async function* streamed(
  body: NodeJS.ReadableStream,
  timer: NodeJS.Timeout,
  explained: (cause: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      timer.refresh();
      yield chunk as Buffer;
      timer.refresh();
    }
  } catch (cause) {
    throw explained(cause);
  }
}

/** The host of a URL where it is not the registry's own. */
function otherHost(
  { host }: HostConnection,
  { host: asked, protocol }: URL,
  as: OtherHost['as'],
): OtherHost | undefined {
  const own = new URL(baseUrl(host, protocol === 'http:' ? 'http' : 'https')).host;
  return asked === own ? undefined : { host: asked, as };
}

/** The cause, with the host where it happened if that is not the registry. */
export function elsewhere(
  connection: HostConnection,
  at: URL,
  as: OtherHost['as'],
  cause: unknown,
): unknown {
  const other = otherHost(connection, at, as);
  return other === undefined ? cause : new FailedElsewhere(other, cause);
}

interface Asked {
  readonly response: Response;
  /** Who answered in the end. */
  readonly url: URL;
}

/** What went wrong on the way to a URL. */
class AskFailure extends Error {
  readonly at: URL;
  readonly error: unknown;
  constructor(at: URL, error: unknown) {
    super('a request failed');
    this.at = at;
    this.error = error;
  }
}

/** As many as fetch follows. */
const mostRedirects = 20;

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Redirects are followed here: node-fetch takes a login along to another port, and to hosts above and
 * below. A login is for one scheme, host and port.
 */
async function ask(
  first: URL,
  follows: boolean,
  init: RequestInit & { readonly headers: InstanceType<typeof Headers> },
): Promise<Asked> {
  let url = first;
  for (let count = 0; ; count++) {
    const at = url;
    const response = await fetch(url.href, { ...init, redirect: 'manual' }).catch(
      (error: unknown) => {
        throw new AskFailure(at, error);
      },
    );
    const location = redirects.has(response.status) ? response.headers.get('location') : null;
    if (!follows || location === null) {
      return { response, url };
    }
    response.body.resume();
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (next === undefined || !/^https?:$/.test(next.protocol)) {
      throw new MalformedAnswer('it redirects to something that is not a web address');
    }
    if (count === mostRedirects) {
      throw new MalformedAnswer(`it redirects more than ${mostRedirects} times`);
    }
    if (next.origin !== first.origin) {
      init.headers.delete('authorization');
    }
    url = next;
  }
}

/** The library's own complaint about an HTTP status, or undefined for any other exception. */
export function httpError(cause: unknown) {
  return cause instanceof RegistryHttpError ? cause : undefined;
}
