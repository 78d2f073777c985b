import type { Digest, Repository } from '#core/reference/brands.js';
import { asDigest } from './digest.js';
import { type Answer, answer, partOf, unusableImage } from './fault.js';
import { imageConfig } from './imageConfig.js';
import type { Registry } from './registry.js';

/** More images in an index are not asked for. */
const mostPlatforms = 50;

/** The uncompressed layers, lowest first, of each platform of an image; of one that is no index, its own. */
export async function platformLayers(
  registry: Registry,
  repository: Repository,
  reference: string,
): Promise<Answer<readonly (readonly Digest[])[]>> {
  const named = await registry.manifest(repository, reference);
  if (!named.ok) {
    return named;
  }
  const { manifests } = named.value.content;
  if (!Array.isArray(manifests)) {
    const config = await imageConfig(registry, repository, named.value);
    return config.ok ? answer([config.value.layers]) : config;
  }
  // Attestations are in an index as manifests of the platform unknown/unknown.
  const images = manifests.filter(
    (entry) => fieldOf(fieldOf(entry, 'platform'), 'os') !== 'unknown',
  );
  if (images.length > mostPlatforms) {
    return unusableImage(`an index of more than ${mostPlatforms} images`);
  }
  const all: (readonly Digest[])[] = [];
  for (const entry of images) {
    const digest = asDigest(fieldOf(entry, 'digest'));
    if (digest === undefined) {
      return unusableImage('an index with an image that has no digest');
    }
    const manifest = partOf(await registry.manifest(repository, digest), `its manifest ${digest}`);
    if (!manifest.ok) {
      return manifest;
    }
    const config = await imageConfig(registry, repository, manifest.value);
    if (!config.ok) {
      return config;
    }
    all.push(config.value.layers);
  }
  return answer(all);
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
