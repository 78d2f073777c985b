import type { Digest, Repository } from '#core/reference/brands.js';
import { normalPlatform } from '#formats/dockerfile/platform.js';
import type { RawManifest } from './client.js';
import { asDigest } from './digest.js';
import { type Answer, answer, partOf, unusableImage } from './fault.js';
import type { Registry } from './registry.js';

/** What an image's configuration says (OCI image specification, config.md). */
export interface ImageConfig {
  readonly labels: ReadonlyMap<string, string>;
  /** RFC 3339, as the builder wrote it. */
  readonly created?: string;
  /** The uncompressed layers, lowest first: a child's begin with its parent's. */
  readonly layers: readonly Digest[];
  /** Of each layer, in bytes, as the registry has it; absent where its manifest or an older cache does not say. */
  readonly sizes?: readonly number[];
  /** `linux/amd64`, in the normal form; absent: it does not say. */
  readonly platform?: string;
}

/**
 * The configuration of a published image. Of an index it is the first image's: the platforms of
 * one definition carry the same labels.
 */
export async function imageConfig(
  registry: Registry,
  repository: Repository,
  manifest: RawManifest,
): Promise<Answer<ImageConfig>> {
  const image = await firstImage(registry, repository, manifest);
  if (!image.ok) {
    return image;
  }
  const digest = asDigest(fieldOf(image.value.content.config, 'digest'));
  if (digest === undefined) {
    return unusableImage('a manifest without a configuration');
  }
  const blob = partOf(await registry.blob(repository, digest), `its configuration ${digest}`);
  if (!blob.ok) {
    return blob;
  }
  let config: unknown;
  try {
    config = JSON.parse(Buffer.from(blob.value).toString('utf8'));
  } catch {
    return unusableImage("an image's configuration that is not JSON");
  }
  return answer(read(config, image.value));
}

async function firstImage(
  registry: Registry,
  repository: Repository,
  manifest: RawManifest,
): Promise<Answer<RawManifest>> {
  const entries = manifest.content.manifests;
  if (!Array.isArray(entries)) {
    return answer(manifest);
  }
  // Attestations are in an index as manifests of the platform unknown/unknown.
  const image: unknown = entries.find(
    (entry) => fieldOf(fieldOf(entry, 'platform'), 'os') !== 'unknown',
  );
  const digest = asDigest(fieldOf(image, 'digest'));
  if (digest === undefined) {
    return unusableImage('an index without an image');
  }
  return partOf(await registry.manifest(repository, digest), `its manifest ${digest}`);
}

function read(config: unknown, manifest: RawManifest): ImageConfig {
  const labels = new Map<string, string>();
  const written = fieldOf(fieldOf(config, 'config'), 'Labels');
  if (typeof written === 'object' && written !== null) {
    for (const [key, value] of Object.entries(written)) {
      if (typeof value === 'string') {
        labels.set(key, value);
      }
    }
  }
  const created = fieldOf(config, 'created');
  const layers = fieldOf(fieldOf(config, 'rootfs'), 'diff_ids');
  const sizes = sizesIn(manifest);
  const [os, architecture] = [fieldOf(config, 'os'), fieldOf(config, 'architecture')];
  const variant = fieldOf(config, 'variant');
  const isKnown = typeof os === 'string' && typeof architecture === 'string';
  const parts = [os, architecture, ...(typeof variant === 'string' ? [variant] : [])];
  return {
    labels,
    ...(typeof created === 'string' ? { created } : {}),
    layers: Array.isArray(layers) ? layers.flatMap((layer) => asDigest(layer) ?? []) : [],
    ...(sizes === undefined ? {} : { sizes }),
    ...(isKnown ? { platform: normalPlatform(parts.join('/')) } : {}),
  };
}

function sizesIn({ content }: RawManifest): readonly number[] | undefined {
  const layers: readonly unknown[] = Array.isArray(content.layers) ? content.layers : [undefined];
  const sizes = layers.map((layer) => fieldOf(layer, 'size'));
  return sizes.every(isSize) ? sizes : undefined;
}

/** Whether a value is a number of bytes. */
export function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
