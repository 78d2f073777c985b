import { type ImageConfig, imageConfig } from '#adapters/registry/imageConfig.js';
import { readTag } from '#adapters/registry/publish.js';
import type { Registry } from '#adapters/registry/registry.js';
import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import type { Repository } from '#core/reference/brands.js';
import { heldAt, isVersionTag, versionOf } from '#fleet/holds/mark.js';
import { isOurs, isUnordered } from '#fleet/status/owed.js';
import { compareVersions } from '#formats/debian/version.js';

export type VersionBelow =
  | { readonly kind: 'found'; readonly version: string }
  | {
      readonly kind: 'none';
      readonly code: DiagnosticCode;
      readonly reason: string;
      readonly hint?: string;
    }
  | { readonly kind: 'unknown'; readonly reason: string; readonly hint?: string };

/** Further tags, such as 1.2 beside 1.2-3, are looked at as well: so many at most. */
const mostTags = 200;

/**
 * The version that a rollback leads to: the newest published one, in dpkg's order, that is below the one
 * that `latest` is at, and whose labels say that this program made it as that version. With `wanted`, that
 * one, which must not be above.
 */
export async function versionBelow(
  registry: Registry,
  repository: Repository,
  wanted: string | undefined,
): Promise<VersionBelow> {
  const latest = await readTag(registry, repository, 'latest');
  if (latest.kind === 'unknown') {
    return latest;
  }
  if (latest.kind === 'absent') {
    return wanted === undefined
      ? none('promote-absent', `${repository} has no latest that could be rolled back`)
      : { kind: 'found', version: wanted };
  }
  const read = await imageConfig(registry, repository, latest.manifest);
  if (!read.ok) {
    return { kind: 'unknown', ...registry.explain(read.fault) };
  }
  const present = versionOf(read.value);
  if (present === undefined || isUnordered(read.value)) {
    const at = heldAt({
      digest: latest.manifest.digest,
      ...(present === undefined ? {} : { version: present }),
    });
    return wanted === undefined
      ? none('promote-version', `which version comes before ${at} cannot be known`, nameIt)
      : { kind: 'found', version: wanted };
  }
  if (wanted !== undefined) {
    return compareVersions(wanted, present) <= 0
      ? { kind: 'found', version: wanted }
      : none(
          'promote-version',
          `${wanted} is above ${present}, which latest is at: that is not a rollback`,
          `generate-bake promote moves latest on`,
        );
  }
  return newestBelow(registry, repository, present);
}

const nameIt = 'name the version: generate-bake rollback IMAGE VERSION';

async function newestBelow(
  registry: Registry,
  repository: Repository,
  present: string,
): Promise<VersionBelow> {
  const tags = await registry.tags(repository);
  if (!tags.ok) {
    return { kind: 'unknown', ...registry.explain(tags.fault) };
  }
  const below = tags.value
    .filter((tag) => isVersionTag(tag) && compareVersions(tag, present) < 0)
    .sort((a, b) => compareVersions(b, a));
  for (const version of below.slice(0, mostTags)) {
    const config = await configOf(registry, repository, version);
    if (config.kind === 'unknown') {
      return config;
    }
    if (config.kind === 'read' && isOurs(config.value) && versionOf(config.value) === version) {
      return { kind: 'found', version };
    }
  }
  return none(
    'promote-absent',
    `no version of ${repository} below ${present} was published by generate-bake`,
    below.length === 0 ? undefined : nameIt,
  );
}

async function configOf(
  registry: Registry,
  repository: Repository,
  tag: string,
): Promise<
  | { readonly kind: 'read'; readonly value: ImageConfig }
  | { readonly kind: 'gone' }
  | Extract<VersionBelow, { kind: 'unknown' }>
> {
  const read = await readTag(registry, repository, tag);
  if (read.kind !== 'found') {
    return read.kind === 'absent' ? { kind: 'gone' } : read;
  }
  const config = await imageConfig(registry, repository, read.manifest);
  return config.ok
    ? { kind: 'read', value: config.value }
    : { kind: 'unknown', ...registry.explain(config.fault) };
}

function none(code: DiagnosticCode, reason: string, hint?: string): VersionBelow {
  return { kind: 'none', code, reason, ...(hint === undefined ? {} : { hint }) };
}
