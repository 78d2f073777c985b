import type { OpenedRegistries } from '../openedRegistries.js';
import type { TreeImage } from '../references/names.js';

/** The tags of repositories, each asked for once. */
export class Tags {
  readonly #registries: OpenedRegistries;
  readonly #known = new Map<string, Promise<readonly string[] | { readonly reason: string }>>();

  constructor(registries: OpenedRegistries) {
    this.#registries = registries;
  }

  /** A clause where they are not known. */
  of(image: TreeImage): Promise<readonly string[] | { readonly reason: string }> {
    const known = this.#known.get(image.repository) ?? this.#ask(image);
    this.#known.set(image.repository, known);
    return known;
  }

  async #ask({ tree, repository }: TreeImage) {
    const registry = this.#registries.of(tree);
    if (registry === undefined) {
      return { reason: 'its tree has no registry that could be asked' };
    }
    const tags = await registry.tags(repository);
    return tags.ok ? tags.value : { reason: registry.explain(tags.fault).reason };
  }
}
