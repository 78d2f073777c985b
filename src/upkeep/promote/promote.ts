import type { RawManifest } from '#adapters/registry/client.js';
import { type ImageConfig, imageConfig } from '#adapters/registry/imageConfig.js';
import { putTag, readTag, type TagMove } from '#adapters/registry/publish.js';
import type { Registry } from '#adapters/registry/registry.js';
import type { Digest, Repository } from '#core/reference/brands.js';
import { heldTag, isVersionTag } from '#fleet/holds/mark.js';

/** What `latest` names before it is moved. */
interface FormerLatest {
  readonly digest: Digest;
  readonly manifest: RawManifest;
  /** Its labels and layers, where they can be read. */
  readonly config: ImageConfig | undefined;
}

/** What promoting means, before anything is done. */
export type Promotion =
  | {
      readonly kind: 'ready';
      readonly repository: Repository;
      /** A version, or a digest. */
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
    return { kind: 'absent', published: tags.value.filter(isVersionTag) };
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
  const former = {
    digest,
    manifest: latest.manifest,
    config: config.ok ? config.value : undefined,
  };
  return { kind: 'ready', repository, version, manifest, former };
}

/** How moving `latest`, and marking it, ended. */
export type CarriedOut =
  | Exclude<TagMove, { kind: 'failed' }>
  | (Extract<TagMove, { kind: 'failed' }> & {
      /** The mark could not be put: `latest` is where it was. */
      readonly unmarked?: true;
    });

export interface CarryOutOptions {
  /**
   * `hold`: the tag `latest-held` is put on the version first: by that every machine sees that `latest` is
   * where it is on purpose, and leaves it. `release`: no mark of an earlier hold is left on the version, so
   * that builds move `latest` again.
   */
  readonly mark: 'hold' | 'release';
  /** Something else holds `latest`, so it is moved also where the registry takes no mark. */
  readonly isHeldOtherwise?: boolean;
}

/** Moves `latest` to the prepared version. */
export async function carryOut(
  registry: Registry,
  {
    repository,
    manifest,
    former,
  }: Pick<Extract<Promotion, { kind: 'ready' }>, 'repository' | 'manifest'> &
    Partial<Pick<Extract<Promotion, { kind: 'ready' }>, 'former'>>,
  { mark, isHeldOtherwise = false }: CarryOutOptions,
): Promise<CarriedOut> {
  if (mark === 'hold') {
    const held = await putTag(registry, repository, heldTag, manifest);
    if (held.kind === 'failed' && !isHeldOtherwise) {
      return {
        ...held,
        reason: `its mark ${heldTag} cannot be put: ${held.reason}`,
        unmarked: true,
      };
    }
  } else {
    const released = await release(registry, repository, manifest, former?.manifest);
    if (released?.kind === 'failed') {
      return { ...released, reason: `its mark ${heldTag} cannot be moved: ${released.reason}` };
    }
  }
  return putTag(registry, repository, 'latest', manifest);
}

/**
 * Takes the mark away from a version that `latest` is to be at without a hold. No tag can be removed
 * without the image, so it is put on another one: on what `latest` was, or on any other version.
 * Undefined: there was nothing to do.
 */
async function release(
  registry: Registry,
  repository: Repository,
  { digest }: RawManifest,
  former: RawManifest | undefined,
): Promise<TagMove | undefined> {
  const mark = await readTag(registry, repository, heldTag);
  if (mark.kind === 'unknown') {
    return { ...mark, kind: 'failed' };
  }
  if (mark.kind === 'absent' || mark.manifest.digest !== digest) {
    return undefined;
  }
  const other = former ?? (await otherVersion(registry, repository, digest));
  return other === undefined
    ? { kind: 'failed', reason: 'the repository has no other image that it could be put on' }
    : putTag(registry, repository, heldTag, other);
}

async function otherVersion(
  registry: Registry,
  repository: Repository,
  digest: Digest,
): Promise<RawManifest | undefined> {
  const tags = await registry.tags(repository);
  for (const tag of tags.ok ? tags.value.filter(isVersionTag).reverse() : []) {
    const read = await readTag(registry, repository, tag);
    if (read.kind === 'found' && read.manifest.digest !== digest) {
      return read.manifest;
    }
  }
  return undefined;
}
