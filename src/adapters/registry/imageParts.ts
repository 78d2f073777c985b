import type { Digest, Repository } from '#core/reference/brands.js';
import { normalPlatform } from '#formats/dockerfile/platform.js';
import type { RawManifest } from './client.js';
import { asDigest } from './digest.js';
import { type Answer, answer, partOf, unusableImage } from './fault.js';
import type { Registry } from './registry.js';
import type { LayerBlob } from './verifiedBytes.js';

/** A published image of one platform: its configuration, and where its layers are. */
export interface ImageParts {
  /** Of what was asked for: of the index where that is one. */
  readonly digest: Digest;
  /** The configuration as it is (OCI image specification, config.md). */
  readonly config: unknown;
  /** Lowest first. */
  readonly layers: readonly LayerBlob[];
  /** The images of other platforms in the same index, with their manifests; absent: it is no index. */
  readonly others?: ReadonlyMap<string, Digest>;
}

/** An index that has no image of the platform, and those that it has. */
export interface MissingPlatform {
  readonly platforms: readonly string[];
}

/** No engine runs an image of more. */
const mostLayers = 500;

/**
 * What a tag or digest is at. Of an index it is the image of `platform`, or the first one where that is
 * only preferred.
 */
export async function imageParts(
  registry: Registry,
  repository: Repository,
  reference: string,
  platform: { readonly name: string; readonly isRequired: boolean },
): Promise<Answer<ImageParts | MissingPlatform>> {
  const named = await registry.manifest(repository, reference);
  if (!named.ok) {
    return named;
  }
  const image = await imageOf(registry, repository, named.value, platform);
  if (!image.ok) {
    return image;
  }
  if ('platforms' in image.value) {
    return answer(image.value);
  }
  const { manifest, others } = image.value;
  const { content } = manifest;
  const digest = asDigest(fieldOf(content.config, 'digest'));
  const layers = Array.isArray(content.layers) ? content.layers.map(layerOf) : [undefined];
  if (digest === undefined || layers.includes(undefined)) {
    return unusableImage(
      Array.isArray(content.manifests)
        ? 'an index of indexes'
        : 'a manifest without a configuration or layers',
    );
  }
  if (layers.length > mostLayers) {
    return unusableImage(`an image of more than ${mostLayers} layers`);
  }
  const blob = partOf(await registry.blob(repository, digest), `its configuration ${digest}`);
  if (!blob.ok) {
    return blob;
  }
  try {
    const config: unknown = JSON.parse(Buffer.from(blob.value).toString('utf8'));
    return answer({
      digest: named.value.digest,
      config,
      layers: layers.flatMap((layer) => layer ?? []),
      ...(others === undefined ? {} : { others }),
    });
  } catch {
    return unusableImage("an image's configuration that is not JSON");
  }
}

async function imageOf(
  registry: Registry,
  repository: Repository,
  manifest: RawManifest,
  { name, isRequired }: { readonly name: string; readonly isRequired: boolean },
): Promise<
  Answer<
    | { readonly manifest: RawManifest; readonly others?: ReadonlyMap<string, Digest> }
    | MissingPlatform
  >
> {
  const { manifests } = manifest.content;
  if (!Array.isArray(manifests)) {
    return answer({ manifest });
  }
  // Attestations are in an index as manifests of the platform unknown/unknown.
  const images: readonly unknown[] = manifests.filter(
    (entry) => fieldOf(fieldOf(entry, 'platform'), 'os') !== 'unknown',
  );
  const wanted = normalPlatform(name);
  const fitting = images.find((entry) => platformOf(entry) === wanted);
  const chosen = fitting ?? (isRequired ? undefined : images[0]);
  const digest = asDigest(fieldOf(chosen, 'digest'));
  if (digest === undefined) {
    return answer({ platforms: images.map(platformOf) });
  }
  const found = partOf(await registry.manifest(repository, digest), `its manifest ${digest}`);
  const others = images.flatMap((entry): [string, Digest][] => {
    const of = asDigest(fieldOf(entry, 'digest'));
    return entry === chosen || of === undefined ? [] : [[platformOf(entry), of]];
  });
  return found.ok ? answer({ manifest: found.value, others: new Map(others) }) : found;
}

function platformOf(entry: unknown): string {
  const platform = fieldOf(entry, 'platform');
  const parts = ['os', 'architecture', 'variant'].map((key) => fieldOf(platform, key));
  return normalPlatform(parts.filter((part) => typeof part === 'string' && part !== '').join('/'));
}

function layerOf(value: unknown): LayerBlob | undefined {
  const digest = asDigest(fieldOf(value, 'digest'));
  const size = fieldOf(value, 'size');
  return digest === undefined || typeof size !== 'number' || !(size >= 0)
    ? undefined
    : { digest, size };
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
