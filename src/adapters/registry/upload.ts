import type { Digest } from '#core/reference/brands.js';
import { MalformedAnswer } from './fault.js';
import { Headers } from './loadLibrary.js';
import { type HostConnection, httpError, send } from './send.js';
import type { LayerBlob } from './verifiedBytes.js';

/** Where uploads go, and as whom. */
export interface UploadSession {
  readonly connection: HostConnection;
  /** The registry's URL. */
  readonly base: string;
  /** The repository's name on its registry. */
  readonly name: string;
  /** Headers with the login. */
  readonly authorised: () => InstanceType<typeof Headers>;
}

/** A blob of another repository of the same registry. */
export interface Mount {
  readonly digest: Digest;
  readonly from: string;
}

/** How long the cancelling of an upload may take, in milliseconds: somebody may have pressed Ctrl-C. */
const cancelMs = 1_000;

/** A registry that has all bytes of a blob reads them once more: bytes in a millisecond, at least. */
const readsPerMs = 20_000;

/**
 * Uploads of blobs to one repository. The library's own drops what the registry answers, sends the login to
 * whatever host the registry names, mounts nothing and leaves behind what it began.
 */
export class Uploads {
  readonly #session: UploadSession;

  constructor(session: UploadSession) {
    this.#session = session;
  }

  /** Whether the repository has the blob. A wrong no costs an upload: a 404 needs no error code here. */
  async has(digest: Digest): Promise<boolean> {
    const { connection, base, name, authorised } = this.#session;
    try {
      const reply = await send(connection, base, {
        method: 'HEAD',
        path: `/v2/${name}/blobs/${digest}`,
        headers: authorised(),
        redirect: 'follow',
      });
      await reply.dockerBody();
      return true;
    } catch (cause) {
      if (httpError(cause)?.resp.status === 404) {
        return false;
      }
      throw cause;
    }
  }

  /** Begins the upload of a blob, and gives its place; undefined where the registry mounted it instead. */
  async begin(mount?: Mount): Promise<URL | undefined> {
    const { connection, base, name, authorised } = this.#session;
    const query =
      mount === undefined
        ? ''
        : `?${new URLSearchParams({ mount: mount.digest, from: mount.from })}`;
    const path = `/v2/${name}/blobs/uploads/${query}`;
    const begun = await send(connection, base, {
      method: 'POST',
      path,
      headers: authorised(),
      body: '',
      isSlow: mount !== undefined,
      expectStatus: mount === undefined ? [202] : [201, 202],
    });
    await begun.dockerBody();
    if (begun.status === 201) {
      return undefined;
    }
    const location = begun.headers.get('location');
    const asked = new URL(path, base).href;
    if (location === null || !URL.canParse(location, asked)) {
      throw new MalformedAnswer('an upload without a place');
    }
    return new URL(location, asked);
  }

  /** Sends the bytes of a blob to where its upload began. What `bytes` throws is thrown as it is. */
  async send(upload: URL, blob: LayerBlob, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const { connection, base } = this.#session;
    const place = new URL(upload);
    place.searchParams.append('digest', blob.digest);
    const { path, headers } = this.#at(place);
    headers.set('content-type', 'application/octet-stream');
    headers.set('content-length', `${blob.size}`);
    const slowRequestMs = connection.slowRequestMs + Math.ceil(blob.size / readsPerMs);
    await send({ ...connection, slowRequestMs }, base, {
      method: 'PUT',
      path,
      headers,
      uploads: bytes,
      isSlow: true,
      expectStatus: [201, 204],
    });
  }

  /** Cancels an upload that this program began. Registries remove by themselves, after days, what stays. */
  async cancel(upload: URL): Promise<void> {
    const { connection, base } = this.#session;
    // What a registry names elsewhere is sent a blob, but nothing that deletes.
    if (upload.host !== new URL(base).host) {
      return;
    }
    // Whoever stops everything has not stopped this.
    const { signal: _, ...lasting } = connection;
    try {
      const { path, headers } = this.#at(upload);
      const cancelled = await send({ ...lasting, requestMs: cancelMs }, base, {
        method: 'DELETE',
        path,
        headers,
        expectStatus: [202, 204],
        cancelsUpload: true,
      });
      await cancelled.dockerBody();
    } catch {
      // As above.
    }
  }

  /** The path of an upload, and a login where it is the registry's own: it is sent to no other host. */
  #at(upload: URL): { readonly path: string; readonly headers: InstanceType<typeof Headers> } {
    const base = new URL(this.#session.base);
    if (upload.host === base.host) {
      return { path: `${upload.pathname}${upload.search}`, headers: this.#session.authorised() };
    }
    if (upload.protocol !== 'https:' && upload.protocol !== base.protocol) {
      throw new MalformedAnswer(`it wants a blob to be sent to ${upload.protocol}//${upload.host}`);
    }
    return { path: upload.href, headers: new Headers() };
  }
}
