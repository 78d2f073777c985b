import type { RawManifest } from '#adapters/registry/client.js';
import { type ImageConfig, imageConfig } from '#adapters/registry/imageConfig.js';
import { putTag, readTag } from '#adapters/registry/publish.js';
import type { Registry } from '#adapters/registry/registry.js';
import type { Digest, Repository } from '#core/reference/brands.js';

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
  | { readonly kind: 'already'; readonly digest: Digest }
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
    return { kind: 'absent', published: tags.value.filter((tag) => tag !== 'latest') };
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
    return { kind: 'already', digest };
  }
  const config = await imageConfig(registry, repository, latest.manifest);
  const former = { digest, config: config.ok ? config.value : undefined };
  return { kind: 'ready', repository, version, manifest, former };
}

/** Moves `latest` to the prepared version: the one tag that is changed. */
export function carryOut(
  registry: Registry,
  { repository, manifest }: Extract<Promotion, { kind: 'ready' }>,
) {
  return putTag(registry, repository, 'latest', manifest);
}
