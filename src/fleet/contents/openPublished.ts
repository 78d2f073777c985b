import { partOf } from '#adapters/registry/fault.js';
import { type ImageParts, imageParts } from '#adapters/registry/imageParts.js';
import { eachOf } from '#adapters/registry/pool.js';
import type { Registry } from '#adapters/registry/registry.js';
import type { Digest, Repository } from '#core/reference/brands.js';
import { didYouMean } from '#core/text/suggest.js';
import { compareVersions } from '#formats/debian/version.js';
import type { Listings, OpenedImage, OpeningFailure, Progress } from './openedImage.js';
import { settingsOf } from './settings.js';

export interface PublishedSource {
  readonly registry: Registry;
  readonly repository: Repository;
  /** A tag or a digest. */
  readonly reference: string;
  /** What it is called in messages; absent: by repository and reference. */
  readonly shown?: string;
  readonly platform: { readonly name: string; readonly isRequired: boolean };
  readonly progress: Progress;
}

/** So many layers are read at the same time. */
const atOnce = 3;

/** Opens a published image: its manifest and configuration are read, its layers where they are asked for. */
export async function openPublished(
  source: PublishedSource,
): Promise<OpenedImage | OpeningFailure> {
  const { registry, repository, reference, platform } = source;
  const separator = reference.startsWith('sha256:') ? '@' : ':';
  const named = `${repository}${separator}${reference}`;
  const shown = source.shown ?? named;
  const parts = await imageParts(registry, repository, reference, platform);
  if (!parts.ok) {
    if (parts.fault.kind !== 'absent') {
      return { kind: 'unknown', ...registry.explain(parts.fault) };
    }
    // What runs, or was seen a moment ago, may be gone while its tag is at another image.
    const hint = named === shown ? await tagsHint(source) : {};
    return { kind: 'absent', reason: `${named} is not published`, ...hint };
  }
  if ('platforms' in parts.value) {
    const { platforms } = parts.value;
    return {
      kind: 'absent',
      reason: `${shown} has no image for ${platform.name}`,
      lacks: platform.name,
      hint:
        platforms.length === 0
          ? 'it is an index without an image'
          : `it has one for ${platforms.join(', ')}`,
    };
  }
  const { digest, config, layers, others } = parts.value;
  const settings = settingsOf(config);
  if (settings === undefined || settings.diffIds.length !== layers.length) {
    const reason = `${shown} cannot be read: its configuration does not name its layers`;
    return { kind: 'unreadable', reason };
  }
  return {
    shown,
    origin: 'registry',
    digest,
    settings,
    compressed: layers.map(({ size }) => size),
    ...(others === undefined ? {} : { others }),
    list: (wanted, listings) =>
      listLayers(source, shown, parts.value as ImageParts, {
        diffIds: settings.diffIds,
        wanted,
        listings,
      }),
  };
}

/** What could have been meant. */
async function tagsHint({
  registry,
  repository,
  reference,
}: PublishedSource): Promise<Pick<OpeningFailure, 'hint'>> {
  const tags = await registry.tags(repository);
  if (!tags.ok || tags.value.length === 0) {
    return {};
  }
  const newest = [...tags.value].sort((a, b) => compareVersions(b, a)).slice(0, 5);
  const some = `published are ${newest.join(', ')}${tags.value.length > 5 ? ', …' : ''}`;
  const near = didYouMean(reference, tags.value);
  return { hint: near === undefined ? some : `${near} ${some}` };
}

async function listLayers(
  { registry, repository, progress }: PublishedSource,
  shown: string,
  { layers }: ImageParts,
  {
    diffIds,
    wanted,
    listings,
  }: {
    readonly diffIds: readonly Digest[];
    readonly wanted: readonly Digest[];
    readonly listings: Listings;
  },
): Promise<OpeningFailure | undefined> {
  const missing = [...new Set(wanted)].filter((diffId) => !listings.has(diffId));
  let failed: OpeningFailure | undefined;
  await eachOf(missing, atOnce, async (diffId) => {
    const at = diffIds.indexOf(diffId);
    const blob = layers[at];
    if (blob === undefined || failed !== undefined) {
      return;
    }
    const name = `${shown}, layer ${at + 1} of ${layers.length}`;
    const onBytes = (bytes: number) => progress(name, bytes, blob.size);
    const part = `layer ${at + 1} of ${layers.length} (${blob.digest})`;
    const reply = partOf(await registry.layer(repository, { ...blob, onBytes }), part);
    if (!reply.ok) {
      failed ??= { kind: 'unknown', ...registry.explain(reply.fault) };
    } else if (reply.value.kind === 'unreadable') {
      const reason = `${name} cannot be read: ${reply.value.reason}`;
      failed ??= { kind: 'unreadable', reason, layer: diffId };
    } else if (reply.value.listing.diffId !== diffId) {
      const reason = `${name} is not the one that its configuration names`;
      failed ??= { kind: 'unreadable', reason };
    } else {
      listings.add(reply.value.listing);
    }
  });
  return failed;
}
