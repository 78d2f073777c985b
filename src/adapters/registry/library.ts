/**
 * The only module that knows oci-registry-client (and node-fetch, which it hands to callers).
 * What the library lacks or does wrong is put right here: deadlines, agents, limits, UTF-8 in
 * basic authentication, `access_token`, a token that it would print
 * (doc/dev/registry-and-libraries.md lists the traps).
 */
import { createRequire } from 'node:module';
import type { RequestInit, Response } from 'node-fetch';
import type { AuthInfo, DockerResponse as LibraryResponse } from 'oci-registry-client';
import { dockerHub } from '#core/reference/hosts.js';
import { FailedElsewhere, MalformedAnswer, NoAnswer, nameOther, type OtherHost } from './fault.js';
import { Secret } from './secret.js';
import type { Connections } from './transport.js';
import type { Waits } from './waits.js';

const { RegistryClientV2, RegistryHttpError, DockerResponse, fetch, Headers } = load();

function load() {
  const require = createRequire(import.meta.url);
  // node-fetch's whatwg-url loads Node's punycode, which some versions of Node announce as
  // deprecated on stderr: our users can do nothing about it.
  const before = process.noDeprecation;
  process.noDeprecation = true;
  try {
    const library: typeof import('oci-registry-client') = require('oci-registry-client');
    const response: typeof import('oci-registry-client/build/docker-json-client.js') = require('oci-registry-client/build/docker-json-client.js');
    const http: typeof import('node-fetch') = require('node-fetch');
    return {
      RegistryClientV2: library.RegistryClientV2,
      RegistryHttpError: library.RegistryHttpError,
      DockerResponse: response.DockerResponse,
      fetch: http.default,
      Headers: http.Headers,
    };
  } finally {
    if (before === undefined) {
      delete process.noDeprecation;
    } else {
      process.noDeprecation = before;
    }
  }
}

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

/** What is sent to the registry or to its token service to prove who asks. */
type Login =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'identity'; readonly token: Secret };

/** The largest manifest or configuration that is read: the specification's 4 MiB, four times. */
const largestBody = 16 * 1024 * 1024;

/** As the library asks for them: docker's and OCI's, images and indexes. */
const manifestTypes = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
];

interface LibraryRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: InstanceType<typeof Headers>;
  readonly body?: RequestInit['body'];
  readonly expectStatus?: readonly number[];
  readonly redirect?: RequestInit['redirect'];
  /** It may take the longer of the two times. */
  readonly isSlow?: boolean;
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
  const wait = connection.waits.begin(partner);
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
  connection.signal?.addEventListener('abort', end, { once: true });
  const finish = () => {
    clearTimeout(timer);
    wait.end(raw !== undefined && raw.status < 429);
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
      body: request.body,
      agent: (url) => connection.transport.agentFor(url),
      signal: deadline.signal as NonNullable<RequestInit['signal']>,
    });
  } catch (cause) {
    finish();
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
    throw elsewhere(connection, answered.url, role, refusal);
  }
  // The library looks at the headers of what a PUT answers and leaves the body lying: its deadline
  // would keep the process alive, and its connection could not be used again.
  if (request.method === 'PUT') {
    raw.body.resume();
  }
  return response;
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
function elsewhere(
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
      throw new MalformedAnswer('it redirects to something that is no web address');
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

/** What one client is made for. */
export interface RepositorySession {
  readonly scheme: 'http' | 'https';
  /** The repository's name on its registry. */
  readonly name: string;
  readonly actions: readonly ('pull' | 'push')[];
  readonly credentials: Login;
  /** The registry's `WWW-Authenticate` header; null where it asks for no login. */
  readonly challenge: string | null;
  readonly onToken: (token: Secret) => void;
}

/**
 * A client for one repository. It logs in once with the challenge it is given, and never again: a
 * new one is made when the registry stops accepting it.
 */
export class LibraryClient extends RegistryClientV2 {
  readonly #connection: HostConnection;
  readonly #session: RepositorySession;
  readonly #base: string;
  #authInfo: AuthInfo = { type: 'None' };

  constructor(connection: HostConnection, session: RepositorySession) {
    const { scheme, name } = session;
    super({
      // The library's own parser refuses names that registries accept (`--`, `host/a/b`).
      repo: {
        index: { name: connection.host, official: connection.host === dockerHub, scheme },
        official: false,
        remoteName: name,
        localName: name,
        canonicalName: `${connection.host}/${name}`,
      },
      scheme,
      // Without these an OCI image or an index answers 404: it would look unpublished.
      acceptOCIManifests: true,
      acceptManifestLists: true,
      scopes: [...session.actions],
    });
    this.#connection = connection;
    this.#session = session;
    const base = baseUrl(connection.host, scheme);
    this.#base = base;
    // The seam: every request of the library goes through `send`. A 401 is always an error, since
    // the library turns it into "Not Found" or a TypeError.
    Object.defineProperty(this, '_api', {
      get: () => ({
        accept: '',
        request: (request: LibraryRequest) =>
          send(connection, base, {
            ...request,
            isSlow: request.method === 'PUT',
            expectStatus: (request.expectStatus ?? [200]).filter((status) => status !== 401),
          }),
      }),
    });
  }

  override async performLogin(opts: { readonly scope?: string }): Promise<AuthInfo> {
    const { challenge, credentials } = this.#session;
    if (challenge === null) {
      return this.#authInfo;
    }
    // The library encodes credentials with btoa, which takes bytes: these are UTF-8's.
    if (credentials.kind === 'password') {
      this.username = asBytes(credentials.username);
      this.password = asBytes(credentials.password.reveal());
    }
    const headers = new Headers({ 'www-authenticate': challenge });
    const found = await super.performLogin({
      ...opts,
      pingRes: new DockerResponse('', { headers }),
    });
    // Without credentials the library would send an empty user.
    this.#authInfo =
      found.type === 'Basic' && credentials.kind !== 'password' ? this.#authInfo : found;
    return this.#authInfo;
  }

  /** The library's own reads `token` only, and prints whatever else it gets. */
  override async _getToken(opts: {
    readonly realm: string;
    readonly service?: string;
    readonly scopes?: string[];
  }): Promise<string> {
    const { credentials, onToken } = this.#session;
    const realm = this.#tokenService(opts.realm);
    const query = new URLSearchParams();
    if (opts.service !== undefined) {
      query.set('service', opts.service);
    }
    const headers = new Headers();
    let response: LibraryResponse;
    if (credentials.kind === 'identity') {
      query.set('grant_type', 'refresh_token');
      query.set('client_id', 'generate-bake');
      query.set('refresh_token', credentials.token.reveal());
      query.set('scope', (opts.scopes ?? []).join(' '));
      response = await send(this.#connection, realm.href, {
        method: 'POST',
        path: realm.href,
        headers,
        body: query,
        asksToken: true,
      });
    } else {
      for (const scope of opts.scopes ?? []) {
        query.append('scope', scope);
      }
      if (credentials.kind === 'password') {
        query.set('account', credentials.username);
        headers.set('authorization', basic(credentials.username, credentials.password));
      }
      for (const [key, value] of query) {
        realm.searchParams.append(key, value);
      }
      response = await send(this.#connection, realm.href, {
        method: 'GET',
        path: realm.href,
        headers,
        asksToken: true,
      });
    }
    let body: unknown;
    try {
      body = await response.dockerJson();
    } catch (cause) {
      throw elsewhere(this.#connection, realm, 'token service', cause);
    }
    const token = stringAt(body, 'token') ?? stringAt(body, 'access_token');
    if (token === undefined) {
      throw new MalformedAnswer('its token service gives no token');
    }
    onToken(new Secret(token));
    return token;
  }

  /** A page of the tag list: `path` with its query, and the `Link` header of the answer. */
  async tagsPage(path: string): Promise<{ readonly body: unknown; readonly link: string | null }> {
    const headers = this.#authorised();
    const response = await send(this.#connection, this.#base, {
      method: 'GET',
      path,
      headers,
      isSlow: true,
    });
    return { body: await response.dockerJson(), link: response.headers.get('link') };
  }

  /** The headers of a manifest, without its bytes: the library can ask for blobs alone that way. */
  async headManifest(reference: string): Promise<LibraryResponse['headers']> {
    const headers = this.#authorised();
    headers.set('accept', manifestTypes.join(', '));
    const path = `/v2/${this.#session.name}/manifests/${reference}`;
    const response = await send(this.#connection, this.#base, { method: 'HEAD', path, headers });
    await response.dockerBody();
    return response.headers;
  }

  /** The bearer token that it logged in with, if it was given one. */
  get token(): string | undefined {
    return this.#authInfo.type === 'Bearer' ? this.#authInfo.token : undefined;
  }

  /** Begins the upload of a blob, and cancels it: nothing is left in the registry. */
  async probeUpload(): Promise<void> {
    const path = `/v2/${this.#session.name}/blobs/uploads/`;
    const begun = await send(this.#connection, this.#base, {
      method: 'POST',
      path,
      headers: this.#authorised(),
      body: '',
      expectStatus: [202],
    });
    await begun.dockerBody();
    const location = begun.headers.get('location');
    const asked = new URL(path, this.#base).href;
    const upload =
      location !== null && URL.canParse(location, asked) ? new URL(location, asked) : undefined;
    // A login is not sent to another host; registries remove what was begun after some days.
    if (upload === undefined || upload.host !== new URL(this.#base).host) {
      return;
    }
    try {
      const cancelled = await send(this.#connection, this.#base, {
        method: 'DELETE',
        path: `${upload.pathname}${upload.search}`,
        headers: this.#authorised(),
        expectStatus: [202, 204],
        cancelsUpload: true,
      });
      await cancelled.dockerBody();
    } catch {
      // As above.
    }
  }

  #authorised(): InstanceType<typeof Headers> {
    const headers = new Headers();
    const { credentials } = this.#session;
    if (this.#authInfo.type === 'Bearer') {
      headers.set('authorization', `Bearer ${this.#authInfo.token}`);
    } else if (credentials.kind === 'password' && this.#authInfo.type === 'Basic') {
      headers.set('authorization', basic(credentials.username, credentials.password));
    }
    return headers;
  }

  #tokenService(realm: string): URL {
    let url: URL;
    try {
      url = new URL(realm);
    } catch {
      throw new MalformedAnswer('its token service has no URL');
    }
    if (url.protocol === 'https:' || (url.protocol === 'http:' && this.#base.startsWith('http:'))) {
      return url;
    }
    throw new MalformedAnswer(
      `it asks for the password to be sent to ${url.protocol}//${url.host}`,
    );
  }
}

function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function basic(username: string, password: Secret): string {
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
}

function stringAt(body: unknown, key: string): string | undefined {
  if (typeof body !== 'object' || body === null) {
    return undefined;
  }
  const value: unknown = Reflect.get(body, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
