import type { Digest, Repository } from '#core/reference/brands.js';
import { normalPlatform, parsePlatform } from '#formats/dockerfile/platform.js';
import type { RawManifest } from './client.js';
import { asDigest, digestOf } from './digest.js';
import { type Answer, answer, partOf, unusableImage } from './fault.js';
import { type ImageConfig, imageConfig } from './imageConfig.js';
import type { Registry } from './registry.js';

/** An image that is joined with others: one manifest, or an index of its platforms and what is attested of them. */
interface JoinedPart {
  readonly digest: Digest;
  /** What it must be for, each once. */
  readonly platforms: readonly string[];
}

export interface JoinRequest {
  readonly repository: Repository;
  readonly tag: string;
  readonly parts: readonly JoinedPart[];
  /** In the order of these the images are in the index. */
  readonly platforms: readonly string[];
  readonly annotations: ReadonlyMap<string, string>;
  /** A label that each image must have. */
  readonly label: { readonly key: string; readonly value: string };
}

/** An entry of an index. */
type Descriptor = Readonly<Record<string, unknown>>;

interface Entries {
  readonly images: ReadonlyMap<string, Descriptor>;
  /** Attestations, which refer to an image by its digest. */
  readonly others: readonly Descriptor[];
}

const ociIndex = 'application/vnd.oci.image.index.v1+json';
const dockerIndex = 'application/vnd.docker.distribution.manifest.list.v2+json';
const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';

/**
 * Puts one index over images of a repository, as one build of all platforms would have made it: their manifests stay as they
 * are, and what is attested of each stays with it. An image of another platform or definition than is asked for is a fault.
 */
export async function joinImages(
  registry: Registry,
  { repository, tag, parts, platforms, annotations, label }: JoinRequest,
): Promise<Answer<Digest>> {
  const images = new Map<string, Descriptor>();
  const others: Descriptor[] = [];
  for (const part of parts) {
    const found = await entriesOf(registry, repository, part, label);
    if (!found.ok) {
      return found;
    }
    for (const [platform, entry] of found.value.images) {
      images.set(platform, entry);
    }
    others.push(...found.value.others);
  }
  const ordered: Descriptor[] = [];
  for (const platform of platforms) {
    const entry = images.get(normalPlatform(platform));
    if (entry === undefined) {
      return unusableImage(`no image for ${platform}`);
    }
    ordered.push(entry);
  }
  const isDocker =
    annotations.size === 0 &&
    others.length === 0 &&
    ordered.every((entry) => entry.mediaType === dockerManifest);
  const mediaType = isDocker ? dockerIndex : ociIndex;
  const content = {
    schemaVersion: 2,
    mediaType,
    manifests: [...ordered, ...others],
    ...(annotations.size === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
  };
  const bytes = Buffer.from(JSON.stringify(content, null, 2));
  const put = await registry.putManifest(repository, tag, { bytes, mediaType });
  return put.ok ? answer(digestOf(bytes)) : put;
}

async function entriesOf(
  registry: Registry,
  repository: Repository,
  { digest, platforms }: JoinedPart,
  label: JoinRequest['label'],
): Promise<Answer<Entries>> {
  const root = partOf(await registry.manifest(repository, digest), digest);
  if (!root.ok) {
    return root;
  }
  const listed: readonly unknown[] | undefined = Array.isArray(root.value.content.manifests)
    ? root.value.content.manifests
    : undefined;
  const images = new Map<string, Descriptor>();
  const others: Descriptor[] = [];
  for (const entry of listed ?? [undefined]) {
    if (entry !== undefined && fieldOf(fieldOf(entry, 'platform'), 'os') === 'unknown') {
      others.push(entry as Descriptor);
      continue;
    }
    const own = entry === undefined ? digest : asDigest(fieldOf(entry, 'digest'));
    if (own === undefined) {
      return unusableImage('an index with an image that has no sha256 digest');
    }
    const manifest =
      entry === undefined ? root : partOf(await registry.manifest(repository, own), own);
    if (!manifest.ok) {
      return manifest;
    }
    const config = await imageConfig(registry, repository, manifest.value);
    if (!config.ok) {
      return config;
    }
    const platform = entry === undefined ? config.value.platform : platformIn(entry);
    if (config.value.labels.get(label.key) !== label.value) {
      return unusableImage(`an image of another definition (${own})`);
    }
    images.set(
      platform ?? '',
      (entry as Descriptor | undefined) ?? entryOf(manifest.value, config.value),
    );
  }
  const asked = platforms.map(normalPlatform);
  const missing = asked.filter((platform) => !images.has(platform));
  if (missing.length > 0 || images.size !== asked.length) {
    const is = [...images.keys()].join(' and ');
    return unusableImage(`an image for ${is} where one for ${platforms.join(' and ')} was built`);
  }
  return answer({ images, others });
}

/** As an entry of an index says it, in the normal form. */
function platformIn(entry: unknown): string {
  const platform = fieldOf(entry, 'platform');
  const parts = ['os', 'architecture', 'variant'].map((key) => fieldOf(platform, key));
  return normalPlatform(parts.filter((part) => typeof part === 'string' && part !== '').join('/'));
}

function entryOf({ mediaType, digest, bytes }: RawManifest, { platform }: ImageConfig): Descriptor {
  const { os, architecture, variant } = parsePlatform(platform ?? '') ?? {};
  return {
    mediaType,
    digest,
    size: bytes.byteLength,
    platform: { architecture, os, ...(variant ? { variant } : {}) },
  };
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
