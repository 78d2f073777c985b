import { addTo } from '#core/data/groups.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { ContextKey } from '#core/reference/brands.js';
import {
  canonicalRepository,
  contextKey,
  type ImageReference,
  parseReference,
} from '#core/reference/reference.js';
import type { RenderedImage } from '../render/rendered.js';

/** What a reference in a Dockerfile means, given the images of the trees. */
export type Meaning =
  /** The image of a tree, at the version that the tree has. */
  | { readonly kind: 'image'; readonly image: RenderedImage; readonly key: ContextKey }
  /** An image of a tree, but at another version. */
  | { readonly kind: 'other-version'; readonly image: RenderedImage; readonly key: ContextKey }
  | { readonly kind: 'external'; readonly key: ContextKey }
  /** One sentence's middle: `it is empty`. */
  | { readonly kind: 'illegal'; readonly problem: string };

/** The images of all trees by the one name that Docker gives a repository. */
export class Catalogue {
  readonly #byRepository = new Map<string, RenderedImage>();
  readonly #byName = new Map<string, RenderedImage[]>();
  readonly #byAlias = new Map<ContextKey, RenderedImage>();
  /** Many images write the same references. */
  readonly #meanings = new Map<string, Meaning>();

  constructor(images: readonly RenderedImage[], diagnostics: Diagnostic[]) {
    for (const image of images) {
      const { name, repository, reference } = image.definition;
      const parsed = parseReference(reference);
      const isLegal = parsed.kind === 'reference';
      // An invalid reference is reported where it is read. One image a repository: so no extra tag
      // of one image is another image's.
      const canonical = isLegal ? canonicalRepository(parsed) : repository;
      const first = this.#byRepository.get(canonical);
      if (first === undefined) {
        this.#byRepository.set(canonical, image);
        // Most references are written as they are defined: this saves reading them again.
        if (isLegal) {
          this.#meanings.set(reference, { kind: 'image', image, key: contextKey(parsed) });
        }
      } else {
        diagnostics.push(duplicate(first, image));
      }
      addTo(this.#byName, name, image);
    }
    for (const image of images) {
      for (const alias of image.definition.aliases ?? []) {
        this.#addAlias(alias, image, diagnostics);
      }
    }
  }

  /** What `written` means: untagged and `:latest` are the tree's own version of an image. */
  meaning(written: string): Meaning {
    const known = this.#meanings.get(written);
    if (known !== undefined) {
      return known;
    }
    const meaning = this.#find(written);
    this.#meanings.set(written, meaning);
    return meaning;
  }

  #find(written: string): Meaning {
    const reference = parseReference(written);
    if (reference.kind === 'problem') {
      return { kind: 'illegal', problem: reference.message };
    }
    const key = contextKey(reference);
    const aliased = this.#byAlias.get(key);
    if (aliased !== undefined) {
      return { kind: 'image', image: aliased, key };
    }
    const image = this.#byRepository.get(canonicalRepository(reference));
    if (image === undefined) {
      return { kind: 'external', key };
    }
    const kind = isVersionOf(reference, image) ? 'image' : 'other-version';
    return { kind, image, key };
  }

  #addAlias(alias: string, image: RenderedImage, diagnostics: Diagnostic[]): void {
    const { place } = image.definition;
    const parsed = parseReference(alias);
    if (parsed.kind === 'problem') {
      const message = `the alias ${JSON.stringify(alias)} is not a valid image reference: ${parsed.message}`;
      diagnostics.push(error('bad-reference', message, { place }));
      return;
    }
    const key = contextKey(parsed);
    const first =
      this.#byAlias.get(key) ?? this.#byRepository.get(canonicalRepository(parsed)) ?? image;
    this.#byAlias.set(key, image);
    if (first === image) {
      return;
    }
    diagnostics.push(
      error('duplicate-alias', `the alias ${alias} is used by two images`, {
        place,
        hint: 'remove it from one of them',
        related: [{ message: 'the other one is here', place: first.definition.place }],
      }),
    );
  }

  /**
   * The images that a name in control can mean: the one of the same tree, else those of the other
   * trees; a name with the namespace or the registry in front means what it says.
   */
  named(name: string, by: RenderedImage): readonly RenderedImage[] {
    const named = this.#byName.get(name) ?? [];
    const own = named.find(({ definition }) => definition.tree === by.definition.tree);
    if (own !== undefined) {
      return [own];
    }
    if (named.length > 0) {
      return named;
    }
    const { registry } = by.definition.tree.config;
    for (const repository of [name, registry === '' ? '' : `${registry}/${name}`]) {
      const image = this.#byRepository.get(canonicalName(repository));
      if (image !== undefined) {
        return [image];
      }
    }
    return [];
  }
}

function isVersionOf({ tag, digest }: ImageReference, { definition }: RenderedImage): boolean {
  if (digest !== undefined) {
    return false;
  }
  if (tag === undefined || tag === 'latest' || tag === definition.version) {
    return true;
  }
  return definition.extraTags.includes(tag);
}

/** The repository as Docker normalises it; an invalid one is reported where it is read. */
function canonicalName(repository: string): string {
  const parsed = parseReference(repository);
  return parsed.kind === 'reference' ? canonicalRepository(parsed) : repository;
}

function duplicate(first: RenderedImage, second: RenderedImage): Diagnostic {
  const { reference, repository, place, dockerfile } = second.definition;
  const shared = first.definition.reference === reference ? reference : repository;
  return error(
    'duplicate-image',
    `${first.definition.dockerfile.file} and ${dockerfile.file} are both named ${shared}`,
    {
      place,
      hint:
        dockerfile.kind === 'template'
          ? 'rename one of them in its changelog, or remove one of the directories'
          : 'give one of them another name',
      related: [{ message: 'the other definition', place: first.definition.place }],
    },
  );
}
