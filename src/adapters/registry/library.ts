/**
 * A client of oci-registry-client for one repository. What the library lacks or does wrong about logins is put right here:
 * UTF-8 in basic authentication, `access_token`, a token that it would print (doc/dev/registry-and-libraries.md
 * lists the traps).
 */
import type { AuthInfo, DockerResponse as LibraryResponse } from 'oci-registry-client';
import type { Digest } from '#core/reference/brands.js';
import { dockerHub } from '#core/reference/hosts.js';
import { MalformedAnswer } from './fault.js';
import { DockerResponse, Headers, RegistryClientV2 } from './loadLibrary.js';
import { Secret } from './secret.js';
import { baseUrl, elsewhere, type HostConnection, type LibraryRequest, send } from './send.js';
import { Uploads } from './upload.js';

/** What is sent to the registry or to its token service to prove who asks. */
type Login =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'identity'; readonly token: Secret };

/** As the library asks for them: docker's and OCI's, images and indexes. */
const manifestTypes = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
];

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
  readonly uploads: Uploads;

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
    const authorised = () => this.#authorised();
    this.uploads = new Uploads({ connection, base, name, authorised });
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
    // The library takes one scope; a token for two repositories has one for each.
    const scopes = (opts.scopes ?? []).flatMap((scope) => scope.split(' '));
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
      query.set('scope', scopes.join(' '));
      response = await send(this.#connection, realm.href, {
        method: 'POST',
        path: realm.href,
        headers,
        body: query,
        asksToken: true,
      });
    } else {
      for (const scope of scopes) {
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

  /** The bytes of a blob as they come, however many. */
  async openBlob(digest: Digest): Promise<AsyncIterable<Uint8Array>> {
    const response = await send(this.#connection, this.#base, {
      method: 'GET',
      path: `/v2/${this.#session.name}/blobs/${digest}`,
      headers: this.#authorised(),
      redirect: 'follow',
      isSlow: true,
      streams: true,
    });
    return response.dockerStream() as NodeJS.ReadableStream & AsyncIterable<Uint8Array>;
  }

  /** The bearer token that it logged in with, if it was given one. */
  get token(): string | undefined {
    return this.#authInfo.type === 'Bearer' ? this.#authInfo.token : undefined;
  }

  /** Begins the upload of a blob, and cancels it: nothing is left in the registry. */
  async probeUpload(): Promise<void> {
    const upload = await this.uploads.begin();
    if (upload !== undefined) {
      await this.uploads.cancel(upload);
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
