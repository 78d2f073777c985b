import type { Digest } from '#core/reference/brands.js';
import { dockerHub } from '#core/reference/hosts.js';
import { type LayerReading, listLayer } from '../layers/listLayer.js';
import { isLoopback } from './address.js';
import { type Credentials, secretsOf } from './credentials.js';
import { asDigest, digestOf } from './digest.js';
import {
  type Answer,
  answer,
  failure,
  isTransient,
  MalformedAnswer,
  partOf,
  SourceFailure,
} from './fault.js';
import type { Endpoint, Greetings } from './greetings.js';
import { faultOf, noTls } from './httpFault.js';
import type { Keyring } from './keyring.js';
import { LibraryClient } from './library.js';
import { nextPath } from './nextPage.js';
import type { Secret } from './secret.js';
import { baseUrl, type HostConnection, httpError, send } from './send.js';
import { mayPushWith } from './tokenAccess.js';
import { type LayerBlob, VerifiedBytes } from './verifiedBytes.js';

/** A manifest or index as the registry has it: these bytes make this digest. */
export interface RawManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** The bytes as JSON: an object with `schemaVersion` 2. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** What the headers of a manifest say. */
export type ManifestHead = Pick<RawManifest, 'digest' | 'mediaType'>;

export interface TagsPage {
  readonly tags: readonly string[];
  /** The path of the next page on the same registry. */
  readonly next?: string;
}

export interface HostOptions {
  readonly keyring: Keyring;
  /** Ask by plain http, as `insecure_registries` says. */
  readonly insecure: boolean;
  /** Where a question is refused, ask with the right to push too. */
  readonly creates: boolean;
  /** What the run's earlier phases heard on the same way; absent: it is greeted anew. */
  readonly greeted?: { readonly greetings: Greetings; readonly route: string };
}

/** Where a blob is to be had. */
export interface BlobSource {
  /** Its bytes, verified as they come; throws `SourceFailure`. */
  readonly open: () => Promise<AsyncIterable<Uint8Array>>;
  /** The repository that has it, where it is one of the same registry. */
  readonly sibling?: string;
}

type Action = 'pull' | 'push';

/**
 * One registry for the length of one phase. The host is greeted once (a run), every repository is logged
 * in to once however many ask for it at the same time, and once more when a token has expired.
 * Each call is tried once: patience is the caller's.
 */
export class HostClient {
  readonly #connection: HostConnection;
  readonly #options: HostOptions;
  /** Credentials and tokens, so that what the registry says can be shown without them. */
  readonly #secrets: Secret[];
  readonly #clients = new Map<string, Promise<LibraryClient>>();
  /** Repositories that are asked about with the right to push. */
  readonly #created = new Set<string>();
  /** What the clients logged in with. */
  #credentials: Credentials;
  #endpoint: Promise<Endpoint> | undefined;

  constructor(connection: HostConnection, options: HostOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#credentials = options.keyring.current;
    this.#secrets = secretsOf(this.#credentials);
  }

  /** Whether there is a registry at all; done by itself before the first call. */
  greet(): Promise<Answer<Endpoint>> {
    return this.#answering(() => this.#enter());
  }

  /** `reference` is a tag or a digest. */
  manifest(name: string, reference: string): Promise<Answer<RawManifest>> {
    return this.#using(name, ['pull'], async (client) => {
      const { resp } = await client.getManifest({ ref: reference });
      const bytes = await resp.dockerBody();
      const digest = digestOf(bytes);
      const claimed = resp.headers.get('docker-content-digest') ?? digest;
      if (claimed !== digest || (asDigest(reference) ?? digest) !== digest) {
        throw new MalformedAnswer('the bytes of a manifest do not make its digest');
      }
      const content: unknown = await resp.dockerJson();
      if (!isManifest(content)) {
        throw new MalformedAnswer('a manifest without schemaVersion 2');
      }
      const named = resp.headers.get('content-type')?.split(';')[0]?.trim() ?? '';
      const mediaType = typeof content.mediaType === 'string' ? content.mediaType : named;
      return { digest, mediaType, bytes, content };
    });
  }

  /**
   * What a tag is at, by a HEAD; undefined where the registry does not say it in its headers. `none`: it
   * says 404, whose error code a HEAD cannot have: another server's 404 looks the same.
   */
  head(name: string, tag: string): Promise<Answer<ManifestHead | 'none' | undefined>> {
    return this.#using(name, ['pull'], async (client) => {
      let headers: Awaited<ReturnType<typeof client.headManifest>>;
      try {
        headers = await client.headManifest(tag);
      } catch (cause) {
        if (httpError(cause)?.resp.status === 404) {
          return 'none';
        }
        throw cause;
      }
      const digest = asDigest(headers.get('docker-content-digest'));
      const mediaType = headers.get('content-type')?.split(';')[0]?.trim();
      return digest === undefined || mediaType === undefined ? undefined : { digest, mediaType };
    });
  }

  /** A small blob, such as an image's configuration. */
  blob(name: string, digest: Digest): Promise<Answer<Uint8Array>> {
    return this.#using(name, ['pull'], async (client) => {
      const { ress } = await client.createBlobReadStream({ digest });
      const last = ress.at(-1);
      if (last === undefined) {
        throw new MalformedAnswer('a blob without an answer');
      }
      const bytes = await last.dockerBody();
      if (digestOf(bytes) !== digest) {
        throw new MalformedAnswer('the bytes of a blob do not make its digest');
      }
      return bytes;
    });
  }

  /** Lists a layer as it comes; what is given as read made the blob's digest. */
  layer(name: string, blob: LayerBlob): Promise<Answer<LayerReading>> {
    return this.#using(name, ['pull'], async (client) => {
      const bytes = new VerifiedBytes(await client.openBlob(blob.digest), blob);
      const reading = await listLayer(bytes.read());
      if (reading.kind === 'read') {
        bytes.refuseUnread();
      }
      return reading;
    });
  }

  /** The bytes of a blob for a copy. Throws `SourceFailure`, in the middle too, with this registry's fault. */
  async open(name: string, blob: LayerBlob): Promise<AsyncIterable<Uint8Array>> {
    const opened = await this.#using(name, ['pull'], (client) => client.openBlob(blob.digest));
    const found = partOf(opened, `its part ${blob.digest}`);
    if (!found.ok) {
      throw new SourceFailure(found.fault, this.#connection.host);
    }
    return this.#verified(found.value, blob);
  }

  async *#verified(bytes: AsyncIterable<Uint8Array>, blob: LayerBlob): AsyncGenerator<Uint8Array> {
    try {
      yield* new VerifiedBytes(bytes, blob).read();
    } catch (cause) {
      const fault = faultOf(cause, this.#connection, this.#secrets);
      throw new SourceFailure(fault, this.#connection.host);
    }
  }

  /** Puts a blob into the repository: it is there, or the registry mounts it, or it is uploaded. */
  async putBlob(name: string, blob: LayerBlob, source: BlobSource): Promise<Answer<void>> {
    const actions: readonly Action[] = ['pull', 'push'];
    const { digest } = blob;
    const { sibling, open } = source;
    const there = await this.#using(name, actions, (client) => client.uploads.has(digest));
    if (!there.ok || there.value) {
      return there.ok ? answer(undefined) : there;
    }
    let begun: URL | undefined;
    if (sibling !== undefined) {
      const mount = { digest, from: sibling };
      const reply = await this.#using(name, actions, (c) => c.uploads.begin(mount), sibling);
      if (reply.ok && reply.value === undefined) {
        return answer(undefined);
      }
      if (!reply.ok && (isTransient(reply.fault) || reply.fault.kind === 'aborted')) {
        return reply;
      }
      // Whoever may not mount it, or cannot, may upload it.
      begun = reply.ok ? reply.value : undefined;
    }
    return this.#using(name, actions, async ({ uploads }) => {
      const upload = begun ?? (await uploads.begin());
      // Tried again, it begins anew.
      begun = undefined;
      if (upload === undefined) {
        return;
      }
      try {
        await uploads.send(upload, blob, await open());
      } catch (cause) {
        await uploads.cancel(upload);
        throw cause;
      }
    });
  }

  /** Puts the bytes under a tag. That it answered well is not a credentials: read the tag back. */
  putManifest(
    name: string,
    tag: string,
    manifest: Pick<RawManifest, 'bytes' | 'mediaType'>,
  ): Promise<Answer<void>> {
    return this.#using(name, ['pull', 'push'], async (client) => {
      await client.putManifest({
        ref: tag,
        manifestData: manifest.bytes,
        mediaType: manifest.mediaType,
      });
    });
  }

  /**
   * Whether the repository may be pushed to: what the token says of itself, or else what the
   * registry answers to the beginning of an upload, which is cancelled. False is the token's word;
   * the registry's is a fault.
   */
  pushRight(name: string): Promise<Answer<boolean>> {
    return this.#using(name, ['pull', 'push'], async (client) => {
      const said = client.token === undefined ? undefined : mayPushWith(client.token, name);
      if (said === undefined) {
        await client.probeUpload();
      }
      return said ?? true;
    });
  }

  /** One page of a repository's tags: the first, or the `next` of the page before. */
  tagsPage(name: string, next?: string): Promise<Answer<TagsPage>> {
    const path = next ?? `/v2/${name}/tags/list?n=100`;
    return this.#using(name, ['pull'], async (client) => {
      const { body, link } = await client.tagsPage(path);
      const tags: unknown = isObject(body) ? body.tags : undefined;
      // A repository whose last tag was deleted answers null.
      if (tags !== null && !isTexts(tags)) {
        throw new MalformedAnswer('a list of tags that is none');
      }
      const following = nextPath(link, path, this.#connection.host);
      return { tags: tags ?? [], ...(following === undefined ? {} : { next: following }) };
    });
  }

  /** `sibling`: another repository of the registry that is read along with it. */
  #using<T>(
    name: string,
    actions: readonly Action[],
    act: (client: LibraryClient) => Promise<T>,
    sibling?: string,
  ): Promise<Answer<T>> {
    return this.#answering(() => this.#asPusher(name, actions, act, sibling));
  }

  /** With the right to push where that alone is answered: a repository that is not there yet. */
  async #asPusher<T>(
    name: string,
    actions: readonly Action[],
    act: (client: LibraryClient) => Promise<T>,
    sibling?: string,
  ): Promise<T> {
    const wide: readonly Action[] = ['pull', 'push'];
    if (this.#created.has(name)) {
      return this.#renewing(name, wide, act, sibling);
    }
    try {
      return await this.#renewing(name, actions, act, sibling);
    } catch (cause) {
      if (!this.#options.creates || actions.includes('push') || !this.#isDenied(cause)) {
        throw cause;
      }
      try {
        const done = await this.#trying(name, wide, act, sibling);
        this.#created.add(name);
        return done;
      } catch (second) {
        if (this.#isDenied(second)) {
          throw cause;
        }
        this.#created.add(name);
        throw second;
      }
    }
  }

  async #renewing<T>(
    name: string,
    actions: readonly Action[],
    act: (client: LibraryClient) => Promise<T>,
    sibling?: string,
  ): Promise<T> {
    const { keyring } = this.#options;
    const used = keyring.current;
    try {
      return await this.#trying(name, actions, act, sibling);
    } catch (cause) {
      // The credentials themselves may have died: some token services say 403 then.
      if (!this.#isDenied(cause) || !(await keyring.renew(used))) {
        throw cause;
      }
      return await this.#trying(name, actions, act, sibling);
    }
  }

  #isDenied(cause: unknown): boolean {
    const { kind, of } = faultOf(cause, this.#connection, this.#secrets);
    return kind === 'denied' && of === undefined;
  }

  async #trying<T>(
    name: string,
    actions: readonly Action[],
    act: (client: LibraryClient) => Promise<T>,
    sibling?: string,
  ): Promise<T> {
    this.#takeCredentials();
    const own = `repository:${name}:${actions.join(',')}`;
    const scope = sibling === undefined ? own : `${own} repository:${sibling}:pull`;
    const asked = this.#client(scope, name, actions);
    const client = await asked;
    try {
      return await act(client);
    } catch (cause) {
      const refusal = httpError(cause)?.resp;
      if (refusal?.status !== 401) {
        throw cause;
      }
      // The token has expired, or only this request wants a login: once more, with a client
      // that logs in with the challenge of this answer.
      if (this.#clients.get(scope) === asked) {
        this.#clients.delete(scope);
      }
      const challenge = refusal.headers.get('www-authenticate');
      return await act(await this.#client(scope, name, actions, challenge));
    }
  }

  /** Takes the credentials that are there now; what logged in with others is of no use. */
  #takeCredentials(): void {
    const { current } = this.#options.keyring;
    if (current !== this.#credentials) {
      this.#credentials = current;
      this.#secrets.push(...secretsOf(current));
      this.#clients.clear();
    }
  }

  #client(
    scope: string,
    name: string,
    actions: readonly Action[],
    challenge?: string | null,
  ): Promise<LibraryClient> {
    const known = this.#clients.get(scope);
    if (known !== undefined) {
      return known;
    }
    const made = this.#login(scope, name, actions, challenge);
    this.#clients.set(scope, made);
    made.catch(() => {
      if (this.#clients.get(scope) === made) {
        this.#clients.delete(scope);
      }
    });
    return made;
  }

  async #login(
    scope: string,
    name: string,
    actions: readonly Action[],
    challenge?: string | null,
  ): Promise<LibraryClient> {
    const endpoint = await this.#enter();
    const client = new LibraryClient(this.#connection, {
      scheme: endpoint.scheme,
      name,
      actions,
      credentials: this.#credentials,
      challenge: challenge ?? endpoint.challenge,
      onToken: (token) => this.#secrets.push(token),
    });
    try {
      await client.login({ scope });
    } catch (cause) {
      this.#forgetGreeting();
      throw cause;
    }
    return client;
  }

  #enter(): Promise<Endpoint> {
    if (this.#endpoint !== undefined) {
      return this.#endpoint;
    }
    const { greeted } = this.#options;
    const known = greeted?.greetings.get(greeted.route);
    const entering = known === undefined ? this.#findEndpoint() : Promise.resolve(known);
    this.#endpoint = entering;
    entering.then(
      (endpoint) => greeted?.greetings.keep(greeted.route, endpoint),
      () => {
        this.#endpoint = undefined;
      },
    );
    return entering;
  }

  /** What an earlier phase heard may be over: whoever asks next greets anew. */
  #forgetGreeting(): void {
    const { greeted } = this.#options;
    if (greeted !== undefined) {
      greeted.greetings.forget(greeted.route);
      this.#endpoint = undefined;
    }
  }

  async #findEndpoint(): Promise<Endpoint> {
    const { host } = this.#connection;
    const loopback = isLoopback(host);
    const scheme = loopback || (this.#options.insecure && host !== dockerHub) ? 'http' : 'https';
    try {
      return await this.#greeting(scheme);
    } catch (cause) {
      // A registry on this machine may speak TLS: it answers plain http with 400 or hangs up.
      const { kind } = faultOf(cause, this.#connection, this.#secrets);
      if (!loopback || !(kind === 'malformed' || kind === 'network')) {
        throw cause;
      }
      return await this.#greeting('https').catch((second: unknown) => {
        const fault = faultOf(second, this.#connection, this.#secrets);
        throw fault.kind === 'tls' && fault.code !== noTls ? second : cause;
      });
    }
  }

  async #greeting(scheme: 'http' | 'https'): Promise<Endpoint> {
    const response = await send(this.#connection, baseUrl(this.#connection.host, scheme), {
      method: 'GET',
      path: '/v2/',
      expectStatus: [200, 401],
    }).catch((cause: unknown) => {
      // Whatever code it gives: nothing was asked about an image yet that could be absent.
      throw httpError(cause)?.resp.status === 404
        ? new MalformedAnswer('status 404 for /v2/')
        : cause;
    });
    // Read to the end, so that the connection can be used again.
    await response.dockerBody();
    const date = response.headers.get('date');
    const challenge = response.headers.get('www-authenticate');
    return { scheme, challenge, ...(date === null ? {} : { date }) };
  }

  async #answering<T>(act: () => Promise<T>): Promise<Answer<T>> {
    try {
      return answer(await act());
    } catch (cause) {
      return failure(faultOf(cause, this.#connection, this.#secrets));
    }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isManifest(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isObject(value) || value.schemaVersion !== 2) {
    return false;
  }
  return isObject(value.config) || Array.isArray(value.manifests);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
