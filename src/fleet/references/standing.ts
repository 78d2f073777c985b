import type { Mention } from '#formats/references/mentions.js';
import { isLaterVersion } from '../status/laterVersion.js';
import type { VersionHistories } from './history.js';
import type { TreeImage } from './names.js';

/** How the version that a file refers to compares with the one of the trees. */
export type Standing =
  | { readonly kind: 'current' }
  /** `versions`: how many versions of the changelog it is behind; absent: it is not in the changelog. */
  | { readonly kind: 'behind'; readonly versions?: number }
  /** It comes after the version of the trees. */
  | { readonly kind: 'ahead' }
  /** No changelog has the version, and it does not compare; or the trees' own version is not known. */
  | { readonly kind: 'unknown' }
  /** `latest`, another tag that moves, or none. */
  | { readonly kind: 'moving' }
  /** The version is an expression: nothing evaluates it. */
  | { readonly kind: 'templated' }
  /** A digest alone says which image it is. */
  | { readonly kind: 'digest' };

/** @param isCertain whether no other registry's image can be meant: then an order of versions counts too */
export function standingOf(
  image: TreeImage,
  { tag, digest }: Pick<Mention, 'tag' | 'digest'>,
  histories: VersionHistories,
  isCertain: boolean,
): Standing {
  if (tag === undefined) {
    return { kind: digest === undefined ? 'moving' : 'digest' };
  }
  if ('templated' in tag) {
    return { kind: 'templated' };
  }
  const { version, definition, tree } = image;
  if (tag.text === version) {
    return { kind: 'current' };
  }
  if (tag.text === 'latest' || definition?.extraTags.includes(tag.text) === true) {
    return { kind: 'moving' };
  }
  if (version === undefined) {
    return { kind: 'unknown' };
  }
  const at = histories.of(definition).versions.indexOf(tag.text);
  if (at > 0) {
    return { kind: 'behind', versions: at };
  }
  if (!isCertain) {
    return { kind: 'unknown' };
  }
  if (definition?.computed !== undefined) {
    // Such versions have no order, and only the one of the trees is wanted.
    return { kind: computed.test(tag.text) ? 'behind' : 'unknown' };
  }
  const words = [tree.config.updateId];
  if (isLaterVersion(tag.text, version, words)) {
    return { kind: 'ahead' };
  }
  return { kind: isLaterVersion(version, tag.text, words) ? 'behind' : 'unknown' };
}

const computed = /^[0-9a-f]{12}(?:-|$)/;
