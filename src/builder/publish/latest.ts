import { imageConfig } from '#adapters/registry/imageConfig.js';
import { putTag, readTag, type TagMove } from '#adapters/registry/publish.js';
import type { Registry } from '#adapters/registry/registry.js';
import type { Repository } from '#core/reference/brands.js';
import { compareVersions } from '#formats/debian/version.js';
import type { OwedMove } from './journal.js';

export type LatestMove =
  | TagMove
  /** `latest` is at a version that is ahead, which only `--latest` takes it back from. */
  | {
      readonly kind: 'kept';
      readonly version: string;
      readonly because: 'is higher than' | 'was built after';
    }
  /** The version never got to the registry: nothing is owed. */
  | { readonly kind: 'unpublished' };

const versionLabel = 'org.opencontainers.image.version';

interface MoveOptions {
  /** Also back from a version that is ahead. */
  readonly force: boolean;
  /** This run published the version. */
  readonly isNew: boolean;
}

/** What a computed version looks like; dpkg's order of such versions means nothing. */
const computedVersion = /^[0-9a-f]{12}(?:-|$)/;

/**
 * Moves `latest` to a published version by putting the same manifest bytes, unless the image it
 * is at says of itself that it is a higher version (doc/dev/decisions.md). Where one of the two
 * versions is computed, and so has no order, what was published last is ahead: a version of this run,
 * and of what an earlier run left behind the one that was built last.
 */
export async function moveLatest(
  registry: Registry,
  move: OwedMove,
  { force, isNew }: MoveOptions,
): Promise<LatestMove> {
  const { repository, version } = move;
  const source = await readTag(registry, repository, version);
  if (source.kind === 'absent') {
    return { kind: 'unpublished' };
  }
  if (source.kind === 'unknown') {
    return { ...source, kind: 'failed' };
  }
  if (!force && !(move.unordered === true && isNew)) {
    const standing = await standingOf(registry, repository);
    if (standing.kind === 'failed') {
      return standing;
    }
    const { version: present } = standing;
    if (move.unordered === true || computedVersion.test(present ?? '')) {
      const config = await imageConfig(registry, repository, source.manifest);
      if (!config.ok) {
        return { kind: 'failed', ...registry.explain(config.fault) };
      }
      if (timeOf(standing.created) > timeOf(config.value.created)) {
        return { kind: 'kept', version: present ?? 'an image', because: 'was built after' };
      }
    } else if (present !== undefined && compareVersions(version, present) < 0) {
      return { kind: 'kept', version: present, because: 'is higher than' };
    }
  }
  return putTag(registry, repository, 'latest', source.manifest);
}

type Standing =
  /** The version label of what `latest` is at, and when that was built; undefined: nobody says. */
  | {
      readonly kind: 'known';
      readonly version: string | undefined;
      readonly created: string | undefined;
    }
  | Extract<TagMove, { kind: 'failed' }>;

/** What cannot be read might be a higher version: then `latest` is left alone. */
async function standingOf(registry: Registry, repository: Repository): Promise<Standing> {
  const unread = (reason: string): Standing => ({
    kind: 'failed',
    reason: `its current image cannot be read (${reason}; --latest moves it all the same)`,
  });
  const latest = await readTag(registry, repository, 'latest');
  if (latest.kind === 'absent') {
    return { kind: 'known', version: undefined, created: undefined };
  }
  if (latest.kind === 'unknown') {
    return unread(latest.reason);
  }
  const config = await imageConfig(registry, repository, latest.manifest);
  if (!config.ok) {
    return unread(registry.explain(config.fault).reason);
  }
  const { labels, created } = config.value;
  return { kind: 'known', version: labels.get(versionLabel) || undefined, created };
}

/** Milliseconds since 1970; 0 where it cannot be read. */
function timeOf(created: string | undefined): number {
  return Date.parse(created ?? '') || 0;
}
