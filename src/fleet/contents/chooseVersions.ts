import { imageConfig } from '#adapters/registry/imageConfig.js';
import { readTag } from '#adapters/registry/publish.js';
import type { Registry } from '#adapters/registry/registry.js';
import type { Repository } from '#core/reference/brands.js';
import { compareVersions } from '#formats/debian/version.js';
import { isVersionTag, versionOf } from '../holds/mark.js';
import { isUnordered } from '../status/owed.js';
import type { OpeningFailure } from './openedImage.js';

/** An image that is compared, where nobody names one. */
export type ChosenImage =
  /** A tag of the image's repository, or a digest of it. */
  | { readonly kind: 'published'; readonly reference: string }
  /** The engine's, of the version of the definition. */
  | { readonly kind: 'local' };

/** Further tags may be of the same image: so many are looked at. */
const mostTags = 20;

/** The image as its definition has it: published where its version is, else the engine's. */
export async function newImage(
  registry: Registry | undefined,
  repository: Repository,
  version: string | undefined,
): Promise<ChosenImage | OpeningFailure> {
  if (version === undefined) {
    const reason = 'the version of the definition cannot be read';
    return { kind: 'absent', reason, hint: 'name both: generate-bake diff IMAGE A B' };
  }
  if (registry === undefined) {
    return { kind: 'local' };
  }
  const read = await readTag(registry, repository, version);
  if (read.kind === 'unknown') {
    return read;
  }
  return read.kind === 'found' ? { kind: 'published', reference: version } : { kind: 'local' };
}

/**
 * What an image is compared with where nobody says: what `latest` is at, or, where that is the image itself
 * or there is none, the newest published version below.
 */
export async function oldImage(
  registry: Registry | undefined,
  repository: Repository,
  version: string | undefined,
  to: ChosenImage | { readonly kind: 'file' | 'elsewhere' },
): Promise<Extract<ChosenImage, { kind: 'published' }> | OpeningFailure> {
  const none = (reason: string): OpeningFailure => ({
    kind: 'absent',
    reason,
    hint: 'name what to compare with: generate-bake diff IMAGE VERSION',
  });
  if (registry === undefined) {
    return {
      kind: 'absent',
      reason: 'the tree has no registry, so no version is published',
      hint: 'name what to compare with: local:VERSION, or a file of docker save',
    };
  }
  const own = to.kind === 'published' ? await readTag(registry, repository, to.reference) : to;
  if (own.kind === 'unknown') {
    return own;
  }
  const digest = own.kind === 'found' ? own.manifest.digest : undefined;
  const latest = await readTag(registry, repository, 'latest');
  if (latest.kind === 'unknown') {
    return latest;
  }
  if (latest.kind === 'found' && latest.manifest.digest !== digest) {
    // The tag of its version says more than a digest to whoever reads it.
    const config = await imageConfig(registry, repository, latest.manifest);
    const named = config.ok ? versionOf(config.value) : undefined;
    const same = named === undefined ? undefined : await readTag(registry, repository, named);
    const isNamed = same?.kind === 'found' && same.manifest.digest === latest.manifest.digest;
    return { kind: 'published', reference: isNamed && named !== undefined ? named : 'latest' };
  }
  if (
    version === undefined ||
    (own.kind === 'found' && (await isComputed(registry, repository, own)))
  ) {
    return none('which version came before cannot be known');
  }
  const tags = await registry.tags(repository);
  if (!tags.ok) {
    return { kind: 'unknown', ...registry.explain(tags.fault) };
  }
  const below = tags.value
    .filter((tag) => isVersionTag(tag) && compareVersions(tag, version) < 0)
    .sort((a, b) => compareVersions(b, a));
  for (const tag of below.slice(0, mostTags)) {
    const read = await readTag(registry, repository, tag);
    if (read.kind === 'unknown') {
      return read;
    }
    if (read.kind === 'found' && read.manifest.digest !== digest) {
      return { kind: 'published', reference: tag };
    }
  }
  return none(`no version of ${repository} below ${version} is published`);
}

async function isComputed(
  registry: Registry,
  repository: Repository,
  { manifest }: Extract<Awaited<ReturnType<typeof readTag>>, { kind: 'found' }>,
): Promise<boolean> {
  const config = await imageConfig(registry, repository, manifest);
  return config.ok && isUnordered(config.value);
}
