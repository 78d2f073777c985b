import type { BrokenImage } from '#compiler/definitions/broken.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import { calledOf, reasonOf } from '#compiler/tellBroken.js';
import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { repositoryOf } from '#core/reference/reference.js';
import { didYouMean } from '#core/text/suggest.js';

/** What a name on the command line stands for. */
export type Named =
  | { readonly kind: 'image'; readonly written: string; readonly image: ResolvedImage }
  /** An image that no tree defines, with the images that are built on it directly. */
  | {
      readonly kind: 'external';
      readonly written: string;
      readonly children: readonly ResolvedImage[];
    }
  | { readonly kind: 'unknown'; readonly problem: Diagnostic };

/**
 * Finds an image by its name (`golang1.24`), with its tree or namespace before it (`istio/build`),
 * or by its repository or reference; else an external base by its name (`bookworm`), with or
 * without registry and tag. A name that fits several images is an error that names them all.
 */
export function findNamed(
  graph: Graph,
  written: string,
  among: ReadonlySet<Reference> | undefined,
): Named {
  const candidates = graph.images.filter(({ reference }) => among?.has(reference) !== false);
  const images = candidates.filter((image) => fits(image, written));
  const [image] = images;
  // A name must not mean another image since one of two is broken.
  const known = images.map(({ rendered }) => rendered.definition);
  const all = images.length === 0 ? [] : [...known, ...brokenNamed(graph, written, among)];
  if (all.length === 1 && image !== undefined) {
    return { kind: 'image', written, image };
  }
  if (all.length > 1) {
    return ambiguous(written, all);
  }

  const children = new Set<ResolvedImage>();
  /** By the canonical names of their registries. */
  const repositories = new Map<string, string>();
  const names = registryNamesOf(graph);
  for (const candidate of candidates) {
    for (const external of candidate.externals) {
      const repository = repositoryOf(external.written);
      const all = [external.written, repository].flatMap((name) => names.all(name));
      if (!all.some((name) => endsWithPath(name, written))) {
        continue;
      }
      children.add(candidate);
      repositories.set(names.canonical(repository), repository);
    }
  }
  if (repositories.size > 1) {
    const message = `"${written}" is ambiguous: ${repositories.size} images outside the trees have this name`;
    const hint = `write one of ${[...repositories.values()].sort().join(', ')}`;
    return unknown('name-ambiguous', message, { hint });
  }
  if (children.size > 0) {
    return { kind: 'external', written, children: [...children] };
  }
  const broken = graph.broken.find(({ image }) => fitsBroken(image, written));
  if (broken !== undefined) {
    const { image } = broken;
    const place = image.diagnostics.find(({ severity }) => severity === 'error')?.place;
    return unknown('image-broken', `${calledOf(image)} is broken: ${reasonOf(image)}`, {
      ...(place === undefined ? {} : { place }),
      hint: `fix ${image.shown} first`,
    });
  }
  const hint =
    didYouMean(written, knownNames(candidates)) ?? '`generate-bake list` shows all names';
  const message = `no image is named "${written}", and no image is built on one`;
  return unknown('name-unknown', message, { hint });
}

/** What an image is published as, and where: all that moving its `latest` needs. */
export interface NamedRepository
  extends Pick<ImageDefinition, 'tree' | 'name' | 'repository' | 'latest'> {
  /** Both absent where the version of a broken image cannot be read. */
  readonly version?: string;
  readonly reference?: Reference;
}

/**
 * Finds an image of the trees by its name, as `findNamed` does, sound or broken: of two directories of
 * one name too, which have one repository. Errors: of `findNamed`, `promote-external`, and `image-broken`
 * where not even the name can be read.
 */
export function findRepository(
  graph: Graph,
  written: string,
  among: ReadonlySet<Reference> | undefined,
):
  | { readonly kind: 'found'; readonly image: NamedRepository; readonly isBroken: boolean }
  | { readonly kind: 'wrong'; readonly problem: Diagnostic } {
  const named = findNamed(graph, written, among);
  if (named.kind === 'image') {
    return { kind: 'found', image: named.image.rendered.definition, isBroken: false };
  }
  const [first, ...others] = brokenNamed(graph, written, among);
  const isAmbiguous = named.kind === 'unknown' && named.problem.code === 'name-ambiguous';
  if (first !== undefined && !isAmbiguous) {
    const isOne = others.every(
      ({ tree, repository }) => tree === first.tree && repository === first.repository,
    );
    if (isOne) {
      return { kind: 'found', image: first, isBroken: true };
    }
    const choice = ambiguous(written, [first, ...others]);
    return { kind: 'wrong', problem: choice.problem };
  }
  if (named.kind === 'unknown') {
    return { kind: 'wrong', problem: named.problem };
  }
  const message = `"${written}" is not an image of the trees`;
  return { kind: 'wrong', problem: error('promote-external', message) };
}

/** The broken images of this name whose repository is known. */
function brokenNamed(
  { broken }: Graph,
  written: string,
  among: ReadonlySet<Reference> | undefined,
): NamedRepository[] {
  return broken.flatMap(({ image }): NamedRepository[] => {
    const { tree, name, repository, version, reference } = image;
    const isAmong = reference === undefined || among?.has(reference) !== false;
    if (name === undefined || repository === undefined || !isAmong) {
      return [];
    }
    if (!isNamed({ ...image, name, repository }, written)) {
      return [];
    }
    return [
      {
        tree,
        name,
        repository,
        ...(version === undefined ? {} : { version }),
        ...(reference === undefined ? {} : { reference }),
      },
    ];
  });
}

function ambiguous(
  written: string,
  images: readonly Pick<ImageDefinition, 'tree' | 'name'>[],
): Extract<Named, { kind: 'unknown' }> {
  const choices = [...new Set(images.map((each) => `"${withTree(each)}"`))].sort().join(', ');
  const message = `"${written}" is ambiguous: ${images.length} images have this name`;
  return unknown('name-ambiguous', message, { hint: `write one of ${choices}` });
}

/** `tree/name`, which no other image of the workspace has. */
function withTree({ tree, name }: Pick<ImageDefinition, 'tree' | 'name'>): string {
  return `${tree.name}/${name}`;
}

function fits(image: ResolvedImage, written: string): boolean {
  return isNamed(image.rendered.definition, written);
}

function fitsBroken(image: BrokenImage, written: string): boolean {
  const { tree, name, repository } = image;
  return name === undefined || repository === undefined
    ? image.perhaps.some((perhaps) => written === perhaps || written === `${tree.name}/${perhaps}`)
    : isNamed({ ...image, name, repository }, written);
}

function isNamed(
  {
    name,
    repository,
    reference,
    tree,
  }: Pick<ImageDefinition, 'name' | 'repository' | 'tree'> &
    Partial<Pick<ImageDefinition, 'reference'>>,
  written: string,
): boolean {
  const { namespace, registryNames: names } = tree.config;
  const whole = [repository, ...(reference === undefined ? [] : [reference])];
  return (
    written === name ||
    written === `${tree.name}/${name}` ||
    (namespace !== '' && written === `${namespace}/${name}`) ||
    whole.some((each) => written === each || names?.all(each).includes(written) === true)
  );
}

function knownNames(images: readonly ResolvedImage[]): Set<string> {
  const names = new Set<string>();
  for (const image of images) {
    names.add(image.rendered.definition.name);
    names.add(withTree(image.rendered.definition));
    for (const { written } of image.externals) {
      names.add(repositoryOf(written).replace(/^.*\//, ''));
    }
  }
  return names;
}

function endsWithPath(name: string, written: string): boolean {
  return name === written || name.endsWith(`/${written}`);
}

function unknown(
  code: DiagnosticCode,
  message: string,
  rest: { readonly place?: Place; readonly hint: string },
): Extract<Named, { kind: 'unknown' }> {
  return { kind: 'unknown', problem: error(code, message, rest) };
}
