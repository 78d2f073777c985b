import { type Diagnostic, error, warning } from '#core/diagnostics/diagnostic.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { tagProblem } from '#core/reference/legal.js';
import { didYouMean } from '#core/text/suggest.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { Rebuilds } from '../workspace/rebuilds.js';
import type { Tree } from '../workspace/tree.js';
import { type BrokenImage, brokenFrom } from './broken.js';
import type { ImageDefinition } from './definition.js';

/** What counts rebuilds: definitions, and broken images. */
type Counted = Pick<ImageDefinition, 'tree'> & { readonly repository?: Repository };

/** What an image is called in the file of rebuilds: without its registry, which need not be the same everywhere. */
export function rebuildName({ tree, repository }: Pick<ImageDefinition, 'tree' | 'repository'>) {
  const { registry } = tree.config;
  return registry !== '' && repository.startsWith(`${registry}/`)
    ? repository.slice(registry.length + 1)
    : repository;
}

/** Whether rebuilds of it are counted: where it has a changelog, each is a block there. */
function countsRebuilds({ dockerfile }: Pick<ImageDefinition, 'dockerfile'>): boolean {
  return dockerfile.kind === 'plain';
}

/** What a number of rebuilds appends to a version; a root filesystem has a date as its version. */
export function rebuildSuffix(
  image: Pick<ImageDefinition, 'contextDigest'>,
  count: number,
): string {
  if (count === 0) {
    return '';
  }
  return image.contextDigest === undefined ? `-r${count}` : `-${count}`;
}

/** A version with its rebuilds; what git calls dirty still ends so. */
export function rebuiltVersion(
  image: Pick<ImageDefinition, 'contextDigest'>,
  version: string,
  count: number,
): string {
  const [, stem = version, dirty = ''] = /^(.+)(-dirty)$/.exec(version) ?? [];
  return `${stem}${rebuildSuffix(image, count)}${dirty}`;
}

/** The images with their rebuilds, and what is wrong with the lines that count them. */
export function withRebuilds(
  images: readonly ImageDefinition[],
  broken: readonly BrokenImage[],
): {
  readonly images: readonly ImageDefinition[];
  readonly broken: readonly BrokenImage[];
  readonly problems: readonly { readonly tree: Tree; readonly diagnostic: Diagnostic }[];
} {
  const trees = new Set([...images, ...broken].map(({ tree }) => tree));
  const linesOf = ({ rebuilds }: Tree): number =>
    (rebuilds?.counts.size ?? 0) + (rebuilds?.upgrades?.size ?? 0);
  if (![...trees].some((tree) => linesOf(tree) > 0)) {
    return { images, broken, problems: [] };
  }
  const sound: ImageDefinition[] = [];
  const faulty: BrokenImage[] = [];
  for (const image of images) {
    const count = countOf(image);
    if (count === undefined || !countsRebuilds(image)) {
      sound.push(image);
      continue;
    }
    const counted = rebuilt(image, count.value);
    const wrong = counted.computed === undefined ? tagProblem(counted.version) : undefined;
    if (wrong === undefined) {
      sound.push(counted);
    } else {
      const { message, hint } = wrong;
      faulty.push(
        brokenFrom(image, [error('version-illegal', message, { place: count.place, hint })]),
      );
    }
  }
  for (const image of broken) {
    const count = countOf(image);
    faulty.push(count === undefined ? image : rebuiltBroken(image, count.value));
  }
  return { images: sound, broken: faulty, problems: problemsOf(images, broken) };
}

function countOf({ tree, repository }: Counted): Found<number> | undefined {
  return repository === undefined
    ? undefined
    : tree.rebuilds?.counts.get(rebuildName({ tree, repository }));
}

function rebuilt(image: ImageDefinition, rebuilds: number): ImageDefinition {
  if (image.computed !== undefined) {
    return { ...image, rebuilds };
  }
  const version = rebuiltVersion(image, image.version, rebuilds);
  const reference = `${image.repository}:${version}` as Reference;
  const extraTags = image.tagsOf?.(version) ?? image.extraTags;
  return { ...image, rebuilds, ownVersion: image.version, version, reference, extraTags };
}

function rebuiltBroken(image: BrokenImage, rebuilds: number): BrokenImage {
  const { definition, version, repository } = image;
  if (definition !== undefined && !countsRebuilds(definition)) {
    return image;
  }
  const counted = definition === undefined ? undefined : rebuilt(definition, rebuilds);
  const own = counted === undefined ? {} : { definition: counted };
  if (version === undefined || repository === undefined || definition?.computed !== undefined) {
    return { ...image, ...own };
  }
  const changed = rebuiltVersion(definition ?? {}, version, rebuilds);
  return { ...image, ...own, version: changed, reference: `${repository}:${changed}` as Reference };
}

/** Lines of images that are not there, or whose rebuilds are counted elsewhere. */
function problemsOf(images: readonly ImageDefinition[], broken: readonly BrokenImage[]) {
  const files = new Map<string, { rebuilds: Rebuilds; tree: Tree }>();
  const known = new Map<string, ImageDefinition | BrokenImage>();
  const perhaps = new Set<string>();
  for (const image of [...images, ...broken]) {
    const { tree, repository } = image;
    if (tree.rebuilds !== undefined) {
      files.set(tree.rebuilds.file, { rebuilds: tree.rebuilds, tree });
    }
    if (repository !== undefined) {
      known.set(rebuildName({ tree, repository }), image);
    } else if ('perhaps' in image) {
      for (const name of image.perhaps) {
        perhaps.add(name);
      }
    }
  }
  const problems: { tree: Tree; diagnostic: Diagnostic }[] = [];
  for (const { rebuilds, tree } of files.values()) {
    for (const [name, { place }] of [...rebuilds.counts, ...(rebuilds.upgrades ?? [])]) {
      const image = known.get(name);
      const isPerhaps = [...perhaps].some((each) => name === each || name.endsWith(`/${each}`));
      if (image === undefined && !isPerhaps && rebuilds.isPartial !== true) {
        const hint = didYouMean(name, known.keys()) ?? 'remove the line';
        const message = `no image of the trees is named "${name}"`;
        problems.push({ tree, diagnostic: warning('rebuilds-unknown', message, { place, hint }) });
      } else if (image !== undefined && 'dockerfile' in image && !countsRebuilds(image)) {
        const message = `${image.name} has a changelog, so this line changes nothing`;
        const hint = 'remove the line';
        problems.push({ tree, diagnostic: warning('rebuilds-unknown', message, { place, hint }) });
      }
    }
  }
  return problems;
}
