import type { Digest, Repository } from '#core/reference/brands.js';
import type { RawManifest } from './client.js';
import { asDigest } from './digest.js';
import { type Answer, answer, type Fault, isTransient, partOf, unusableImage } from './fault.js';
import type { Patience } from './patience.js';
import { eachOf } from './pool.js';
import { Registry, type RegistryAccess } from './registry.js';
import type { LayerBlob } from './verifiedBytes.js';
import { untold } from './waits.js';

export interface CopyRequest {
  /** How the image is read, and which one it is: an image, or an index of several. */
  readonly from: {
    readonly access: RegistryAccess;
    readonly repository: Repository;
    readonly digest: Digest;
  };
  readonly to: {
    readonly access: RegistryAccess;
    readonly repository: Repository;
    readonly tag: string;
  };
  readonly patience?: Partial<Patience>;
  /** Ends it at once. */
  readonly signal?: AbortSignal;
}

export type Copied =
  | { readonly kind: 'copied'; readonly digest: Digest }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly hint?: string;
      /** Whether it can help to copy it again. */
      readonly transient: boolean;
    };

/** Blobs that are copied at once. */
const atOnce = 4;
/** More manifests in an index, and indexes in indexes, are not copied. */
const mostManifests = 200;
const deepestIndex = 3;

/** All of an image, that comes before what needs it. */
interface Parts {
  readonly blobs: Map<Digest, LayerBlob>;
  readonly manifests: Map<Digest, RawManifest>;
}

/**
 * Copies an image from one repository to another, of the same registry or of two, and puts a tag on it, whatever
 * the tag is at: whoever minds asks before. No byte of a manifest changes, so neither does the digest. Blobs that
 * the target has are not sent, others are mounted where both are of one registry, or else streamed through.
 * That it is copied is not a proof: read the tag back.
 */
export async function copyImage({ from, to, patience, signal }: CopyRequest): Promise<Copied> {
  // What fails ends the rest.
  const ending = new AbortController();
  const signals = [ending.signal, ...(signal === undefined ? [] : [signal])];
  const phase = {
    signal: AbortSignal.any(signals),
    ...(patience === undefined ? {} : { patience }),
  };
  const source = new Registry(from.access, phase);
  const target = new Registry(to.access, phase);
  const wait = (to.access.asking?.waits ?? untold).begin(`copy to ${to.access.host}`);
  const what = `copying ${from.repository}@${from.digest.slice(0, 19)} to ${to.access.host}`;
  wait.because(what);
  const failed = (fault: Fault): Copied => {
    const registry = fault.of === source.access.host ? source : target;
    return { kind: 'failed', ...registry.explain(fault), transient: isTransient(fault) };
  };
  try {
    const parts: Parts = { blobs: new Map(), manifests: new Map() };
    const root = await collect(source, from.repository, from.digest, parts, 0);
    if (!root.ok) {
      return failed({ ...root.fault, of: source.access.host });
    }
    const blobs = [...parts.blobs.values()];
    const total = blobs.reduce((sum, { size }) => sum + size, 0);
    const done = new Map<Digest, number>();
    const tell = (digest: Digest, bytes: number) => {
      done.set(digest, bytes);
      const sum = [...done.values()].reduce((a, b) => a + b, 0);
      wait.because(`${what}: ${megabytes(sum)} of ${megabytes(total)} MB`);
    };
    let fault: Fault | undefined;
    const put = async (blob: LayerBlob): Promise<void> => {
      if (fault !== undefined) {
        return;
      }
      const told = { ...blob, onBytes: (bytes: number) => tell(blob.digest, bytes) };
      const origin = { registry: source, repository: from.repository };
      const reply = await target.putBlob(to.repository, told, origin);
      if (reply.ok) {
        tell(blob.digest, blob.size);
      } else if (fault === undefined) {
        fault = reply.fault;
        ending.abort();
      }
    };
    await eachOf(blobs, atOnce, put);
    if (fault !== undefined) {
      return failed(fault);
    }
    for (const manifest of parts.manifests.values()) {
      const isRoot = manifest === root.value;
      const reference = isRoot ? to.tag : manifest.digest;
      const reply = await target.putManifest(to.repository, reference, manifest);
      if (!reply.ok) {
        return failed(reply.fault);
      }
    }
    return { kind: 'copied', digest: root.value.digest };
  } finally {
    wait.end(true);
    source.close();
    target.close();
  }
}

/** Adds a manifest and all that it names to `parts`, itself last. */
async function collect(
  registry: Registry,
  repository: Repository,
  digest: Digest,
  parts: Parts,
  depth: number,
): Promise<Answer<RawManifest>> {
  const known = parts.manifests.get(digest);
  if (known !== undefined) {
    return answer(known);
  }
  const reply = await registry.manifest(repository, digest);
  const named = partOf(reply, depth === 0 ? digest : `its manifest ${digest}`);
  if (!named.ok) {
    return named;
  }
  const { content, mediaType } = named.value;
  if (mediaType === '') {
    return unusableImage(`a manifest without a media type (${digest})`);
  }
  if (Array.isArray(content.manifests)) {
    if (depth === deepestIndex) {
      return unusableImage(`indexes in indexes, more than ${deepestIndex} deep`);
    }
    for (const entry of content.manifests) {
      const child = asDigest(fieldOf(entry, 'digest'));
      if (child === undefined) {
        return unusableImage('an index with an image that has no sha256 digest');
      }
      const found = await collect(registry, repository, child, parts, depth + 1);
      if (!found.ok) {
        return found;
      }
      if (parts.manifests.size >= mostManifests) {
        return unusableImage(`an index of more than ${mostManifests} manifests`);
      }
    }
  } else {
    const layers: readonly unknown[] = Array.isArray(content.layers) ? content.layers : [undefined];
    for (const part of [content.config, ...layers]) {
      const blob = blobOf(part);
      if (blob === undefined) {
        return unusableImage(`a manifest whose parts have no sha256 digest and size (${digest})`);
      }
      if (!isForeign(part)) {
        parts.blobs.set(blob.digest, blob);
      }
    }
  }
  parts.manifests.set(digest, named.value);
  return named;
}

function blobOf(part: unknown): LayerBlob | undefined {
  const digest = asDigest(fieldOf(part, 'digest'));
  const size = fieldOf(part, 'size');
  return digest === undefined || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0
    ? undefined
    : { digest, size };
}

/** A layer that is had from its `urls`, and never pushed: Windows' base images. As docker push does. */
function isForeign(part: unknown): boolean {
  const type = fieldOf(part, 'mediaType');
  const urls = fieldOf(part, 'urls');
  const isKind = typeof type === 'string' && /\.foreign\.|\.nondistributable\./.test(type);
  return isKind && Array.isArray(urls) && urls.length > 0;
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0);
}
