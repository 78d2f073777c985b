import type { RawManifest } from '#adapters/registry/client.js';
import { type ImageConfig, imageConfig } from '#adapters/registry/imageConfig.js';
import { putTag, readTag } from '#adapters/registry/publish.js';
import type { Registry } from '#adapters/registry/registry.js';
import type { Digest, Repository } from '#core/reference/brands.js';
import { heldTag } from '#fleet/status/owed.js';

/** What `latest` names before it is moved. */
interface FormerLatest {
  readonly digest: Digest;
  /** Its labels and layers, where they can be read. */
  readonly config: ImageConfig | undefined;
}

/** What promoting means, before anything is done. */
export type Promotion =
  | {
      readonly kind: 'ready';
      readonly repository: Repository;
      readonly version: string;
      readonly manifest: RawManifest;
      /** Absent where there is no `latest` yet. */
      readonly former: FormerLatest | undefined;
    }
  /** `latest` names this version already. */
  | { readonly kind: 'already'; readonly digest: Digest; readonly manifest: RawManifest }
  /** The version is not published. */
  | { readonly kind: 'absent'; readonly published: readonly string[] }
  | { readonly kind: 'unknown'; readonly reason: string; readonly hint?: string };

/** Reads the version and `latest`; changes nothing. */
export async function preparePromotion(
  registry: Registry,
  repository: Repository,
  version: string,
): Promise<Promotion> {
  const wanted = await readTag(registry, repository, version);
  if (wanted.kind === 'unknown') {
    return wanted;
  }
  if (wanted.kind === 'absent') {
    const tags = await registry.tags(repository);
    if (!tags.ok) {
      return { kind: 'unknown', ...registry.explain(tags.fault) };
    }
    return {
      kind: 'absent',
      published: tags.value.filter((tag) => tag !== 'latest' && tag !== heldTag),
    };
  }
  const { manifest } = wanted;
  const latest = await readTag(registry, repository, 'latest');
  if (latest.kind === 'unknown') {
    return latest;
  }
  if (latest.kind === 'absent') {
    return { kind: 'ready', repository, version, manifest, former: undefined };
  }
  const { digest } = latest.manifest;
  if (digest === manifest.digest) {
    return { kind: 'already', digest, manifest };
  }
  const config = await imageConfig(registry, repository, latest.manifest);
  const former = { digest, config: config.ok ? config.value : undefined };
  return { kind: 'ready', repository, version, manifest, former };
}

/**
 * Moves `latest` to the prepared version. With `hold`, the tag `latest-held` is put on it first: by that
 * every machine sees that `latest` is where it is on purpose, and is not owed the trees' version.
 */
export async function carryOut(
  registry: Registry,
  { repository, manifest }: Pick<Extract<Promotion, { kind: 'ready' }>, 'repository' | 'manifest'>,
  hold = false,
) {
  if (hold) {
    const held = await putTag(registry, repository, heldTag, manifest);
    if (held.kind === 'failed') {
      return { ...held, reason: `its mark ${heldTag} cannot be put: ${held.reason}` };
    }
  }
  return putTag(registry, repository, 'latest', manifest);
}
