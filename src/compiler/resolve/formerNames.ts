import { relative } from 'node:path';
import { addTo } from '#core/data/groups.js';
import { familiarRepository, type ImageReference } from '#core/reference/reference.js';
import type { BrokenImage } from '../definitions/broken.js';
import { conventionalName } from '../definitions/dockerfiles/names.js';
import type { ExcludedPath } from '../definitions/excluded.js';
import type { Tree } from '../workspace/tree.js';
import { isHubs, type KnownImage, pathOf } from './catalogue.js';

/** What an image of a tree of Dockerfiles would be called, if no file said otherwise. */
export type Former =
  | { readonly kind: 'renamed'; readonly name: string; readonly image: KnownImage }
  | { readonly kind: 'broken'; readonly name: string; readonly shown: string }
  | { readonly kind: 'excluded'; readonly name: string; readonly path: ExcludedPath };

/** What a reference meant by convention, and does not mean any more: renamed, left out, or broken. */
export class FormerNames {
  readonly #byTree = new Map<Tree, Former[]>();
  /** What is before the names, with the namespace that was inferred. */
  readonly #prefixes = new Map<Tree, string>();

  constructor(
    images: readonly KnownImage[],
    broken: readonly BrokenImage[],
    excluded: readonly ExcludedPath[],
  ) {
    for (const image of images) {
      const { tree, rendered, broken: fault } = image;
      const name = (rendered?.definition ?? fault?.definition)?.conventionalName;
      if (name !== undefined) {
        addTo(this.#byTree, tree, { kind: 'renamed', name, image });
      }
      const path = pathOf(image);
      if (path.endsWith(`/${image.name}`)) {
        this.#prefixes.set(tree, path.slice(0, -image.name.length - 1));
      }
    }
    for (const { tree, shown, repository, perhaps } of broken) {
      if (tree.dockerfiles !== undefined && repository === undefined) {
        for (const name of perhaps) {
          addTo(this.#byTree, tree, { kind: 'broken', name, shown });
        }
      }
    }
    for (const path of excluded) {
      const { tree, shown } = path;
      if (tree.dockerfiles !== undefined) {
        const name = conventionalName(relative(tree.shownDirectory, shown), { kind: 'own' }, '');
        addTo(this.#byTree, tree, { kind: 'excluded', name, path });
      }
    }
  }

  /** What a reference in a Dockerfile of the tree of `user` meant. */
  find(reference: ImageReference, { tree }: KnownImage): Former | undefined {
    const formers = this.#byTree.get(tree) ?? [];
    if (formers.length === 0 || isHubs(reference)) {
      return undefined;
    }
    const prefix = this.#prefixes.get(tree) ?? tree.config.namespace;
    const isOfRegistry = reference.domain === tree.config.registry;
    const path = isOfRegistry ? reference.path : familiarRepository(reference);
    return formers.find(({ kind, name }) => {
      if (name === '') {
        return false;
      }
      return prefix === ''
        ? reference.domain === 'docker.io' && path.endsWith(`/${name}`)
        : path === `${prefix}/${name}` ||
            (kind === 'excluded' && path.startsWith(`${prefix}/${name}/`));
    });
  }
}
