import { type Diagnostic, error, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import type { ImageName, Reference, Repository } from '#core/reference/brands.js';
import { type Glob, readGlob } from '#core/text/glob.js';
import { didYouMean } from '#core/text/suggest.js';
import type { TreeConfig } from '../workspace/tree.js';

/** What a pattern is compared with: definitions are, before and after they are rendered. */
export interface Matchable {
  readonly name?: ImageName;
  readonly repository?: Repository;
  readonly reference?: Reference;
  /** What an image whose name is not known may be called. */
  readonly perhaps?: readonly string[];
  /** Its tree, which may know more names of the registry; absent: none does. */
  readonly tree?: { readonly config: Pick<TreeConfig, 'registryNames'> };
}

/** Its repository and its reference, under every name of their registry. */
export function wholeNames({ repository, reference, tree }: Matchable): readonly string[] {
  const own = [
    ...(reference === undefined ? [] : [reference]),
    ...(repository === undefined ? [] : [repository]),
  ];
  const names = tree?.config.registryNames;
  return names === undefined ? own : own.flatMap((name) => names.all(name));
}

/**
 * The images that any of the patterns matches: a glob of names (`golang*`, `istio/*`), a glob of whole
 * references (`*golang*`), as with docker-pkg, or the end of one from a `/` on, with or without its
 * version: `golang1.24`, `istio/build`. Needs no graph, so that a suffix (`--nightly`) can be given to what is selected
 * before anything is rendered. A pattern that matches nothing is an error; one of --exclude is a
 * warning, since it stays in a job when its images are gone.
 */
export function matchImages<Image extends Matchable>(
  images: readonly Image[],
  patterns: readonly string[],
  option: '--select' | '--exclude' | '--canary' | '--toolchains' | 'IMAGE',
): Outcome<ReadonlySet<Image>> {
  const matched = new Set<Image>();
  const diagnostics: Diagnostic[] = [];
  for (const pattern of patterns) {
    const glob = readGlob(pattern);
    let some = false;
    for (const image of images) {
      if (!isMatch(image, glob, pattern) && !isEnd(image, pattern)) {
        continue;
      }
      matched.add(image);
      some = true;
    }
    if (!some) {
      diagnostics.push(nothing(images, pattern, option));
    }
  }
  return { value: matched, diagnostics };
}

/** Whether a pattern, as `--select` takes it, is about an image. */
export function isMatched(image: Matchable, pattern: string): boolean {
  return isMatch(image, readGlob(pattern), pattern) || isEnd(image, pattern);
}

function isMatch(image: Matchable, glob: Glob, pattern: string): boolean {
  const whole = image.reference ?? image.repository ?? '';
  const names = image.tree?.config.registryNames;
  return (
    (names === undefined ? glob.test(whole) : names.all(whole).some((name) => glob.test(name))) ||
    namesFor(image, pattern).some((name) => glob.test(name))
  );
}

/**
 * What a glob of names is compared with, each with and without the version: the name, and for a glob
 * with a `/` what is behind each `/` of the reference. Without one the namespace does not count: a* would
 * be every image of a namespace acme.
 */
export function namesFor(
  { name, repository, reference }: Matchable,
  pattern: string,
): readonly string[] {
  const version = repository === undefined ? '' : (reference?.slice(repository.length) ?? '');
  const names = name === undefined ? [] : [name as string];
  if (pattern.includes('/')) {
    for (let rest = repository ?? ''; rest.includes('/'); ) {
      rest = rest.slice(rest.indexOf('/') + 1);
      names.push(rest);
    }
  }
  return version === '' ? names : names.flatMap((one) => [one, one + version]);
}

/** Whether this is the end of its name from a `/` on, with or without its version. */
export function isEnd(image: Matchable, name: string): boolean {
  if (image.repository === undefined) {
    return image.perhaps?.includes(name) === true;
  }
  return wholeNames(image).some((whole) => `/${whole}`.endsWith(`/${name}`));
}

function nothing(images: readonly Matchable[], pattern: string, option: string): Diagnostic {
  const message = `no image matches ${option} ${pattern}`;
  const problem = option === '--exclude' ? warning : error;
  if (images.length === 0) {
    return problem('select-nothing', message);
  }
  return problem('select-nothing', message, { hint: hintFor(images, pattern) });
}

function hintFor(images: readonly Matchable[], pattern: string): string {
  if (/[*?[]/.test(pattern)) {
    const wider = `*${pattern.replace(/^\*+|\*+$/g, '')}*`;
    const inside = readGlob(wider);
    const count = images.filter(({ reference = '' }) => inside.test(reference)).length;
    return count === 0
      ? `globs match names, or references such as ${images.find(({ reference }) => reference !== undefined)?.reference}`
      : `globs match whole names and references; try '${wider}' (${count} ${count === 1 ? 'image' : 'images'})`;
  }
  const known = new Set<string>();
  for (const { name, repository, reference } of images) {
    for (const word of [name, repository, reference]) {
      if (word !== undefined) {
        known.add(word);
      }
    }
    if (repository !== undefined) {
      known.add(repository.split('/').slice(-2).join('/'));
    }
  }
  return didYouMean(pattern, known) ?? 'generate-bake list shows all images';
}
