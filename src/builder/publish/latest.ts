import type { RawManifest } from '#adapters/registry/client.js';
import { type ImageConfig, imageConfig } from '#adapters/registry/imageConfig.js';
import { putTag, readTag, type TagMove } from '#adapters/registry/publish.js';
import type { Registry } from '#adapters/registry/registry.js';
import { storedSize } from '#adapters/registry/storedSize.js';
import type { Digest, Repository } from '#core/reference/brands.js';
import { heldAt, heldImage, heldTag, readMark, versionOf } from '#fleet/holds/mark.js';
import { isOurs, isUnordered, orderOf } from '#fleet/status/owed.js';
import type { FormerLatest } from '../report/event.js';
import type { OwedMove } from './journal.js';

export type LatestMove =
  | Exclude<TagMove, { kind: 'moved' }>
  | {
      readonly kind: 'moved';
      readonly digest: Digest;
      /** What the tag was at; absent: there was none. */
      readonly before?: FormerLatest;
    }
  /** `latest` is at a version that is ahead, which only `--latest` takes it back from. */
  | {
      readonly kind: 'kept';
      readonly version: string;
      readonly because: 'is higher than' | 'was built after';
    }
  /** `promote` put `latest` where it is, and nothing else moves it on. */
  | { readonly kind: 'held'; readonly digest: Digest; readonly version: string }
  /** The version never got to the registry: nothing is owed. */
  | { readonly kind: 'unpublished' }
  /** `beforePut` did not let it be moved. */
  | { readonly kind: 'stopped' }
  /** The version is another image than the one that this run published. */
  | { readonly kind: 'replaced'; readonly by: Digest };

interface MoveOptions {
  /** Also back from a version that is ahead. */
  readonly force: boolean;
  /** What this run published as the version; absent: an earlier run did. */
  readonly published?: Digest;
  /** The tag that is moved; absent: `latest`. */
  readonly tag?: string;
  /** Called before the tag is put, which it is not if this gives false. */
  readonly beforePut?: (digest: Digest) => Promise<boolean>;
}

/**
 * Moves `latest` to a published version by putting the same manifest bytes, unless the image it
 * is at says of itself that it is a higher version (doc/dev/decisions.md). Where one of the two
 * versions is computed, and so has no order, what was published last is ahead: a version of this run,
 * and of what an earlier run left behind the one that was built last. Where `promote` holds `latest`, only
 * `promote` moves it on, and `force` does not either.
 */
export async function moveLatest(
  registry: Registry,
  move: OwedMove,
  { force, published, tag = 'latest', beforePut }: MoveOptions,
): Promise<LatestMove> {
  const { repository, version } = move;
  const source = await readTag(registry, repository, version);
  if (source.kind === 'absent') {
    return { kind: 'unpublished' };
  }
  if (source.kind === 'unknown') {
    return { ...source, kind: 'failed' };
  }
  const { digest } = source.manifest;
  if (published !== undefined && digest !== published) {
    return { kind: 'replaced', by: digest };
  }
  const isLatest = tag === 'latest';
  if (isLatest) {
    const mark = await holdOf(registry, repository, 'glance');
    if (mark.kind !== 'free') {
      return mark.kind === 'held' && mark.digest === digest ? { kind: 'already', digest } : mark;
    }
  }
  let former: number | undefined;
  if (!force && !(move.unordered === true && published !== undefined)) {
    const standing = await standingOf(registry, repository, tag);
    if (standing.kind === 'failed') {
      return standing;
    }
    if (standing.kind === 'known' && standing.digest === digest) {
      return { kind: 'already', digest };
    }
    if (standing.kind === 'known') {
      former = standing.size;
      const timed = move.unordered === true || isUnordered(standing.config);
      const config = timed ? await imageConfig(registry, repository, source.manifest) : undefined;
      if (config?.ok === false) {
        return { kind: 'failed', ...registry.explain(config.fault) };
      }
      const present = versionOf(standing.config);
      const times = config === undefined ? undefined : { created: config.value.created };
      const order = orderOf(version, standing.config, times);
      if (order === 'older') {
        return { kind: 'kept', version: present ?? 'an image', because: 'was built after' };
      }
      if (order === 'lower') {
        return { kind: 'kept', version: present ?? 'an image', because: 'is higher than' };
      }
    }
  }
  if ((await beforePut?.(digest)) === false) {
    return { kind: 'stopped' };
  }
  if (isLatest) {
    return withFormerSize(await putLatest(registry, repository, source.manifest), former);
  }
  const put = await putTag(registry, repository, tag, source.manifest);
  return put.kind === 'moved' ? { kind: 'moved', digest } : put;
}

function withFormerSize(move: LatestMove, size: number | undefined): LatestMove {
  return move.kind === 'moved' && move.before !== undefined && size !== undefined
    ? { ...move, before: { ...move.before, size } }
    : move;
}

type Hold =
  | { readonly kind: 'free'; readonly mark?: Digest }
  | Extract<LatestMove, { kind: 'held' | 'failed' }>;

async function holdOf(
  registry: Registry,
  repository: Repository,
  how: 'glance' | 'full',
): Promise<Hold> {
  const mark = await readMark(registry, repository, how);
  if (mark.kind === 'unknown') {
    const reason = `whether it is held is not known (${mark.reason})`;
    return { kind: 'failed', reason, ...(mark.hint === undefined ? {} : { hint: mark.hint }) };
  }
  return mark.kind === 'held' ? heldMove(registry, repository, mark.digest) : mark;
}

async function heldMove(
  registry: Registry,
  repository: Repository,
  digest: Digest,
): Promise<Extract<LatestMove, { kind: 'held' }>> {
  const version = heldAt(await heldImage(registry, repository, digest));
  return { kind: 'held', digest, version };
}

/**
 * Puts `latest`, unless it is held by now. `promote` puts its mark before it moves `latest`: so a mark that
 * comes while this one puts `latest` is seen after it, and what `promote` wants is put back; one that comes
 * later moves `latest` itself after this.
 */
async function putLatest(
  registry: Registry,
  repository: Repository,
  manifest: RawManifest,
): Promise<LatestMove> {
  const hold = await holdOf(registry, repository, 'full');
  if (hold.kind !== 'free') {
    return hold;
  }
  const put = await putTag(registry, repository, 'latest', manifest);
  if (put.kind !== 'moved') {
    return put;
  }
  const mark = await registry.head(repository, heldTag);
  if (mark !== undefined && mark.digest !== hold.mark && mark.digest !== manifest.digest) {
    const wanted = await readTag(registry, repository, mark.digest);
    if (wanted.kind === 'found') {
      await putTag(registry, repository, 'latest', wanted.manifest);
      return heldMove(registry, repository, mark.digest);
    }
  }
  const { digest, before } = put;
  if (before === undefined) {
    return { kind: 'moved', digest };
  }
  return { kind: 'moved', digest, before: await heldImage(registry, repository, before) };
}

/** What a tag is at. */
type Standing =
  | {
      readonly kind: 'known';
      readonly digest: Digest;
      readonly config: ImageConfig;
      readonly size: number | undefined;
    }
  | { readonly kind: 'absent' }
  | Extract<TagMove, { kind: 'failed' }>;

/** What cannot be read might be a higher version: then the tag is left alone. */
async function standingOf(
  registry: Registry,
  repository: Repository,
  tag: string,
): Promise<Standing> {
  const unread = (reason: string): Standing => ({
    kind: 'failed',
    reason: `its current image cannot be read (${reason}; --latest moves it all the same)`,
  });
  const found = await readTag(registry, repository, tag);
  if (found.kind === 'absent') {
    return found;
  }
  if (found.kind === 'unknown') {
    return unread(found.reason);
  }
  const config = await imageConfig(registry, repository, found.manifest);
  return config.ok
    ? {
        kind: 'known',
        digest: found.manifest.digest,
        config: config.value,
        size: storedSize(found.manifest.content),
      }
    : unread(registry.explain(config.fault).reason);
}

/**
 * The image that another machine published under the same version while this one pushed: `latest`
 * is at it, and was not when this push began. Each machine puts its version, then looks at `latest`, then
 * puts that, then looks at its version: so one of two sees the other, whichever comes first.
 */
export async function rivalOf(
  registry: Registry,
  { repository, version }: Pick<OwedMove, 'repository' | 'version'>,
  { published, before }: { readonly published: Digest; readonly before: Digest | 'nothing' },
): Promise<Digest | undefined> {
  const head = await registry.head(repository, 'latest');
  if (head === undefined || head.digest === published || head.digest === before) {
    return undefined;
  }
  const standing = await standingOf(registry, repository, 'latest');
  return standing.kind === 'known' &&
    standing.digest !== published &&
    standing.digest !== before &&
    isOurs(standing.config) &&
    versionOf(standing.config) === version
    ? standing.digest
    : undefined;
}
