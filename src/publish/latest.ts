import { compareVersions } from '../debian/version.js';
import type { Repository } from '../reference/brands.js';
import { imageConfig } from '../registry/imageConfig.js';
import { putTag, readTag, type TagMove } from '../registry/publish.js';
import type { Registry } from '../registry/registry.js';
import type { OwedMove } from './journal.js';

export type LatestMove =
  | TagMove
  /** `latest` stands at a higher version, which only `--latest` takes it back from. */
  | { readonly kind: 'kept'; readonly version: string }
  /** The version never got to the registry: nothing is owed. */
  | { readonly kind: 'unpublished' };

const VERSION_LABEL = 'org.opencontainers.image.version';

/**
 * Moves `latest` to a published version by putting the same manifest bytes, unless the image it
 * stands at says of itself that it is a higher version (docs/decisions.md).
 */
export async function moveLatest(
  registry: Registry,
  { repository, version }: OwedMove,
  force: boolean,
): Promise<LatestMove> {
  const source = await readTag(registry, repository, version);
  if (source.kind === 'absent') return { kind: 'unpublished' };
  if (source.kind === 'unknown') return { ...source, kind: 'failed' };
  if (!force) {
    const standing = await versionOfLatest(registry, repository);
    if (standing !== undefined && compareVersions(version, standing) < 0) {
      return { kind: 'kept', version: standing };
    }
  }
  return putTag(registry, repository, 'latest', source.manifest);
}

/** The version label of what `latest` stands at; undefined where there is none. */
async function versionOfLatest(
  registry: Registry,
  repository: Repository,
): Promise<string | undefined> {
  const latest = await readTag(registry, repository, 'latest');
  if (latest.kind !== 'found') return undefined;
  const config = await imageConfig(registry, repository, latest.manifest);
  const version = config.ok ? config.value.labels.get(VERSION_LABEL) : undefined;
  return version === '' ? undefined : version;
}
