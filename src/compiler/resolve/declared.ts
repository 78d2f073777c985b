import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import { repositoryOf } from '#core/reference/reference.js';
import type { ImageDefinition } from '../definitions/definition.js';
import type { Catalogue, KnownImage } from './catalogue.js';
import type { Edge } from './graph.js';

/** The images that each image's control names. */
export type Declarations = ReadonlyMap<KnownImage, ReadonlySet<KnownImage>>;

/** Reads what control declares. */
export function declarationsOf(images: readonly KnownImage[], catalogue: Catalogue): Declarations {
  const declarations = new Map<KnownImage, ReadonlySet<KnownImage>>();
  for (const image of images) {
    const depends = dependsOf(image);
    if (depends.length > 0) {
      const declared = depends.flatMap(({ name }) => catalogue.named(name, image));
      declarations.set(image, new Set(declared));
    }
  }
  return declarations;
}

/** Names in control that no image has: warnings (docker-pkg takes no notice). */
export function danglingDepends(image: KnownImage, catalogue: Catalogue): Diagnostic[] {
  return dependsOf(image)
    .filter(({ name }) => catalogue.named(name, image).length === 0 && !isBaseImage(name, image))
    .map(({ name, place }) =>
      warning('dangling-depends', `no image is named ${name}`, {
        place,
        hint: 'remove it from control, or add the tree that defines it',
      }),
    );
}

function dependsOf({ rendered }: KnownImage): ImageDefinition['depends'] {
  return rendered?.definition.depends ?? [];
}

/** Whether control names the parent; for an ONBUILD, that of the image whose it is will do. */
export function isDeclared(
  declarations: Declarations,
  parent: KnownImage,
  image: KnownImage,
  through: KnownImage | undefined,
): boolean {
  // A plain Dockerfile without declarations has no place to make them.
  if (image.rendered?.definition.dockerfile.kind === 'plain' && !declarations.has(image)) {
    return true;
  }
  if (declarations.get(image)?.has(parent) === true) {
    return true;
  }
  return through !== undefined && declarations.get(through)?.has(parent) === true;
}

/** Warnings where control and Dockerfile differ: neither is wrong enough to stop for. */
export function compareDeclared(
  image: KnownImage,
  parents: readonly Edge[],
  mentioned: ReadonlySet<KnownImage>,
  catalogue: Catalogue,
  diagnostics: Diagnostic[],
): void {
  for (const { name, place } of dependsOf(image)) {
    const named = catalogue.named(name, image);
    if (named.length === 0 || named.some((parent) => mentioned.has(parent))) {
      continue;
    }
    diagnostics.push(
      warning('unused-depends', `${image.name} declares ${name} and does not use it`, {
        place,
        hint: 'remove it from control: nothing in the Dockerfile refers to it',
      }),
    );
  }
  const reported = new Set<string>();
  for (const edge of parents) {
    if (edge.declared || reported.has(edge.parent)) {
      continue;
    }
    reported.add(edge.parent);
    const { parent } = edge;
    // A base image that the trees define is declared in the configuration.
    if (isBaseImage(repositoryOf(parent), image)) {
      continue;
    }
    diagnostics.push(
      warning('undeclared-parent', `${image.name} uses ${parent} and does not declare it`, {
        place: edge.place,
        hint: `add ${nameOf(parent, catalogue)} to Build-Depends in control`,
      }),
    );
  }
}

function nameOf(parent: string, catalogue: Catalogue): string {
  const meaning = catalogue.meaning(parent);
  return meaning.kind === 'image' ? meaning.image.name : repositoryOf(parent);
}

function isBaseImage(name: string, { tree }: KnownImage): boolean {
  const { baseImages, registryNames: names } = tree.config;
  const canonical = names?.canonical(name) ?? name;
  return baseImages.some((base) => {
    const repository = repositoryOf(base);
    return (
      (names?.canonical(repository) ?? repository) === canonical || repository.endsWith(`/${name}`)
    );
  });
}
