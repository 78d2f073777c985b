import {
  familiarRepository,
  type ImageReference,
  parseReference,
} from '#core/reference/reference.js';
import type { BakeTarget } from './bakeTargets.js';

/** An image by its names: below those of all images of the new file, where it has a reference of its own. */
export interface Named {
  readonly reference?: ImageReference;
  readonly name: string;
  readonly version?: string;
  readonly tags: readonly string[];
}

/** What is before the names of images in the new file; empty: nothing. */
export interface Names {
  readonly registry: string;
  readonly namespace: string;
}

/** Whether a reference is linked to an image of the new file by its name, without an alias. */
export function isMeant(
  written: string,
  { name, version, tags }: Named,
  { registry, namespace }: Names,
): boolean {
  const parsed = referenceOf(written);
  if (parsed === undefined || parsed.digest !== undefined) {
    return false;
  }
  const repository: string = familiarRepository(parsed);
  const path = namespace === '' ? name : `${namespace}/${name}`;
  const isPath = repository === path && path.includes('/');
  const isNamed = isPath || (registry !== '' && repository === `${registry}/${path}`);
  return isNamed && [undefined, 'latest', version, ...tags].includes(parsed.tag);
}

/** The registry that most tags name; empty: none. */
export function sharedRegistry(targets: readonly BakeTarget[]): string {
  return mostOf(firstTags(targets).map(domainOf));
}

/** What the paths of all images of that registry begin with, as whole components. */
export function sharedNamespace(targets: readonly BakeTarget[], registry: string): string {
  const directories = firstTags(targets)
    .filter((reference) => domainOf(reference) === registry)
    .map((reference) => pathOf(reference).split('/').slice(0, -1).join('/'));
  return mostOf(directories);
}

export function firstTags(targets: readonly BakeTarget[]): ImageReference[] {
  return targets.flatMap(({ tags: [tag] }) => (tag === undefined ? [] : (referenceOf(tag) ?? [])));
}

export function mostOf(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) {
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? '';
}

export function referenceOf(tag: string): ImageReference | undefined {
  const parsed = parseReference(tag);
  return parsed.kind === 'reference' ? parsed : undefined;
}

/** Empty for Docker Hub, which Dockerfiles and tags leave out. */
export function domainOf(reference: ImageReference | undefined): string {
  return reference === undefined || reference.domain === 'docker.io' ? '' : reference.domain;
}

export function pathOf({ domain, path }: ImageReference): string {
  return domain === 'docker.io' ? path.replace(/^library\//, '') : path;
}

export function isSame(one: ImageReference, other: ImageReference): boolean {
  return one.domain === other.domain && one.path === other.path;
}

export function sameText(tag: string, reference: ImageReference): boolean {
  const parsed = referenceOf(tag);
  return parsed !== undefined && isSame(parsed, reference) && parsed.tag === reference.tag;
}

/** Whether a context's key is a name that the image is found by without an alias. */
export function isOwnName(key: string, { reference, version }: Named): boolean {
  const parsed = referenceOf(key);
  if (parsed === undefined || reference === undefined || parsed.path.startsWith('library/')) {
    return false;
  }
  const isOwnVersion = [undefined, 'latest', version].includes(parsed.tag);
  return isSame(parsed, reference) && isOwnVersion && parsed.digest === undefined;
}
