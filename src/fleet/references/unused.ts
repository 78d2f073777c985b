import { type Graph, inOrder } from '#compiler/resolve/graph.js';
import { addTo } from '#core/data/groups.js';
import { isWithin } from '#core/files/paths.js';
import type { Reference } from '#core/reference/brands.js';
import { mentionOf } from '#formats/references/mentions.js';
import type { FoundReference } from './find.js';
import type { VersionHistories } from './history.js';
import type { TreeImage, TreeNames } from './names.js';

/** An image that nothing in the trees is built on. */
interface ChildlessImage {
  readonly image: TreeImage;
  /** References that may be to another image. */
  readonly perhaps: readonly FoundReference[];
  /** The newest version that is not a rebuild: RFC 3339; absent: its changelog does not say. */
  readonly changed?: string;
}

export interface Unused {
  /** Images without a child and without a reference that is surely theirs, by repository. */
  readonly images: readonly ChildlessImage[];
  /** Of the selected images without a child: those that files refer to. */
  readonly referred: number;
  /** Broken definitions whose parents are not known: they may be built on any image. */
  readonly unread: readonly string[];
}

/**
 * Which of the selected images nothing uses.
 *
 * @param references that were found in files; empty where none were searched
 */
export function unusedImages(
  graph: Graph,
  names: TreeNames,
  selected: ReadonlySet<Reference>,
  references: readonly FoundReference[],
  histories: VersionHistories,
): Unused {
  const inTrees = usedInTrees(graph, names);
  const sure = new Set<TreeImage>();
  const perhaps = new Map<TreeImage, FoundReference[]>();
  for (const reference of references) {
    const { about } = reference;
    if (about.kind === 'image' && about.isCertain) {
      sure.add(about.image);
    } else if (about.kind === 'ambiguous') {
      for (const image of about.images) {
        addTo(perhaps, image, reference);
      }
    } else if (about.kind !== 'undefined') {
      addTo(perhaps, about.image, reference);
    }
  }
  const candidates = names.images.filter(
    ({ reference, repository }) =>
      reference !== undefined && selected.has(reference) && !inTrees.has(repository),
  );
  const images = candidates
    .filter((image) => !sure.has(image))
    .map((image): ChildlessImage => {
      const { changed } = histories.of(image.definition);
      return {
        image,
        perhaps: perhaps.get(image) ?? [],
        ...(changed === undefined ? {} : { changed }),
      };
    })
    .sort((a, b) => (a.image.repository < b.image.repository ? -1 : 1));
  return {
    images,
    referred: candidates.length - images.length,
    unread: graph.broken.flatMap(({ image: { definition, shown }, parents }) =>
      definition === undefined && parents.length === 0 ? [shown] : [],
    ),
  };
}

/** The repositories that definitions are built on, at whatever version. */
function usedInTrees(graph: Graph, names: TreeNames): ReadonlySet<string> {
  const used = new Set<string>();
  const known = new Map(names.images.map((image) => [image.reference, image]));
  for (const { reference, parents, sound } of inOrder(graph)) {
    for (const { parent } of parents) {
      const image = parent === reference ? undefined : known.get(parent);
      if (image !== undefined) {
        used.add(image.repository);
      }
    }
    // Another version than the current one is from outside of the trees.
    for (const { written } of sound?.externals ?? []) {
      const mention = mentionOf(written, 0);
      const meant = mention && names.meant(mention);
      if (meant?.kind === 'image' && meant.by === 'registry') {
        used.add(meant.images[0].repository);
      }
    }
  }
  return used;
}

/** The directories that define these images and no other one, as a person would write them. */
export function ownDirectories(
  images: readonly TreeImage[],
  all: readonly TreeImage[],
): readonly string[] {
  const gone = new Set(images);
  const stay = all.filter((image) => !gone.has(image));
  return images.flatMap(({ directory, shown, tree }) => {
    const isShared =
      directory === tree.directory || stay.some((other) => isWithin(directory, other.directory));
    return isShared ? [] : [shown];
  });
}
