import { imageConfig } from '#adapters/registry/imageConfig.js';
import { putTag, readTag, type TagMove } from '#adapters/registry/publish.js';
import type { Registry } from '#adapters/registry/registry.js';
import type { Repository } from '#core/reference/brands.js';
import { compareVersions } from '#formats/debian/version.js';
import type { OwedMove } from './journal.js';

export type LatestMove =
  | TagMove
  /** `latest` is at a higher version, which only `--latest` takes it back from. */
  | { readonly kind: 'kept'; readonly version: string }
  /** The version never got to the registry: nothing is owed. */
  | { readonly kind: 'unpublished' };

const versionLabel = 'org.opencontainers.image.version';

/**
 * Moves `latest` to a published version by putting the same manifest bytes, unless the image it
 * is at says of itself that it is a higher version (doc/dev/decisions.md).
 */
export async function moveLatest(
  registry: Registry,
  { repository, version }: OwedMove,
  force: boolean,
): Promise<LatestMove> {
  const source = await readTag(registry, repository, version);
  if (source.kind === 'absent') {
    return { kind: 'unpublished' };
  }
  if (source.kind === 'unknown') {
    return { ...source, kind: 'failed' };
  }
  if (!force) {
    const standing = await standingOf(registry, repository);
    if (standing.kind === 'failed') {
      return standing;
    }
    const { version: higher } = standing;
    if (higher !== undefined && compareVersions(version, higher) < 0) {
      return { kind: 'kept', version: higher };
    }
  }
  return putTag(registry, repository, 'latest', source.manifest);
}

type Standing =
  /** The version label of what `latest` is at; undefined where there is none. */
  | { readonly kind: 'known'; readonly version: string | undefined }
  | Extract<TagMove, { kind: 'failed' }>;

/** What cannot be read might be a higher version: then `latest` is left alone. */
async function standingOf(registry: Registry, repository: Repository): Promise<Standing> {
  const unread = (reason: string): Standing => ({
    kind: 'failed',
    reason: `its current image cannot be read (${reason}; --latest moves it all the same)`,
  });
  const latest = await readTag(registry, repository, 'latest');
  if (latest.kind === 'absent') {
    return { kind: 'known', version: undefined };
  }
  if (latest.kind === 'unknown') {
    return unread(latest.reason);
  }
  const config = await imageConfig(registry, repository, latest.manifest);
  if (!config.ok) {
    return unread(registry.explain(config.fault).reason);
  }
  return { kind: 'known', version: config.value.labels.get(versionLabel) || undefined };
}
