import { compareVersions } from '#formats/debian/version.js';
import { heldTag } from '../holds/mark.js';
import type { TreeImage } from '../references/names.js';
import { isOfScheme, releaseOf, withoutDate } from '../status/laterVersion.js';

/** Whether a tag of an image is a version of it, and none that moves. */
export function isVersionOf({ version, definition, tree }: TreeImage, tag: string): boolean {
  if (tag === 'latest' || tag === heldTag || definition?.extraTags.includes(tag) === true) {
    return false;
  }
  if (tag === version) {
    return true;
  }
  if (definition?.computed !== undefined) {
    return computed.test(tag);
  }
  if (version === undefined) {
    return /\d/.test(tag);
  }
  return isOfScheme(withoutDate(tag), version, [tree.config.updateId]);
}

const computed = /^[0-9a-f]{12}(?:-|$)/;

/** What is published of an image that is newer than a version of it. */
export interface Behind {
  /** How many versions; absent: they have no order. */
  readonly versions?: number;
  /** The newest of them. */
  readonly newest: string;
}

/** Undefined where nothing is newer. */
export function behindOf(
  image: TreeImage,
  version: string,
  tags: readonly string[],
): Behind | undefined {
  const { definition, tree } = image;
  if (definition?.computed !== undefined) {
    const { version: current } = image;
    return current !== undefined && current !== version && tags.includes(current)
      ? { newest: current }
      : undefined;
  }
  const words = [tree.config.updateId];
  const scheme = image.version ?? version;
  const later = tags.filter(
    (tag) =>
      isVersionOf(image, tag) &&
      // Nightly builds count for one of them alone.
      (isOfScheme(tag, scheme, words) || isOfScheme(tag, version, words)) &&
      inOrder(tag, version, words) > 0,
  );
  const newest = later.sort((a, b) => inOrder(a, b, words)).at(-1);
  return newest === undefined ? undefined : { versions: later.length, newest };
}

/** Releases by dpkg's order, and within one the refreshes of it. */
function inOrder(a: string, b: string, words: readonly string[]): number {
  return compareVersions(releaseOf(a, words), releaseOf(b, words)) || compareVersions(a, b);
}

/** The versions among tags, the newest first. */
export function versionsIn(image: TreeImage, tags: readonly string[]): readonly string[] {
  return tags
    .filter((tag) => isVersionOf(image, tag))
    .sort((a, b) => inOrder(b, a, [image.tree.config.updateId]));
}
