import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import { repositoryOf } from '#core/reference/reference.js';
import type { RenderedImage } from '../render/rendered.js';
import type { Catalogue } from './catalogue.js';
import type { Edge } from './graph.js';

/** The images that each image's control names. */
export type Declarations = ReadonlyMap<RenderedImage, ReadonlySet<RenderedImage>>;

/** Reads what control declares. A name that no image has is a warning (docker-pkg takes no notice). */
export function declarationsOf(
  images: readonly RenderedImage[],
  catalogue: Catalogue,
  diagnostics: Diagnostic[],
): Declarations {
  const declarations = new Map<RenderedImage, ReadonlySet<RenderedImage>>();
  for (const image of images) {
    if (image.definition.depends.length === 0) {
      continue;
    }
    const declared = new Set<RenderedImage>();
    for (const { name, place } of image.definition.depends) {
      const named = catalogue.named(name, image);
      for (const parent of named) {
        declared.add(parent);
      }
      if (named.length > 0 || isBaseImage(name, image)) {
        continue;
      }
      diagnostics.push(
        warning('dangling-depends', `no image is named ${name}`, {
          place,
          hint: 'remove it from control, or add the tree that defines it',
        }),
      );
    }
    declarations.set(image, declared);
  }
  return declarations;
}

/** Whether control names the parent; for an ONBUILD, that of the image whose it is will do. */
export function isDeclared(
  declarations: Declarations,
  parent: RenderedImage,
  image: RenderedImage,
  through: RenderedImage | undefined,
): boolean {
  // A plain Dockerfile without declarations has no place to make them.
  if (image.definition.dockerfile.kind === 'plain' && !declarations.has(image)) {
    return true;
  }
  if (declarations.get(image)?.has(parent) === true) {
    return true;
  }
  return through !== undefined && declarations.get(through)?.has(parent) === true;
}

/** Warnings where control and Dockerfile differ: neither is wrong enough to stop for. */
export function compareDeclared(
  image: RenderedImage,
  parents: readonly Edge[],
  mentioned: ReadonlySet<RenderedImage>,
  catalogue: Catalogue,
  diagnostics: Diagnostic[],
): void {
  const { definition } = image;
  for (const { name, place } of definition.depends) {
    const named = catalogue.named(name, image);
    if (named.length === 0 || named.some((parent) => mentioned.has(parent))) {
      continue;
    }
    diagnostics.push(
      warning('unused-depends', `${definition.name} declares ${name} and does not use it`, {
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
      warning('undeclared-parent', `${definition.name} uses ${parent} and does not declare it`, {
        place: edge.place,
        hint: `add ${nameOf(parent, catalogue)} to Build-Depends in control`,
      }),
    );
  }
}

function nameOf(parent: string, catalogue: Catalogue): string {
  const meaning = catalogue.meaning(parent);
  return meaning.kind === 'image' ? meaning.image.definition.name : repositoryOf(parent);
}

function isBaseImage(name: string, { definition }: RenderedImage): boolean {
  return definition.tree.config.baseImages.some((base) => {
    const repository = repositoryOf(base);
    return repository === name || repository.endsWith(`/${name}`);
  });
}
