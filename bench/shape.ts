import { seeded } from './random.js';

/** An image of a generated tree: what its files are written from. */
export interface ImageShape {
  /** `tool12.3`, or `group4/tool12.3` where its directory lies one deeper. */
  readonly path: string;
  readonly name: string;
  readonly tree: string;
  /** Built `FROM` the first, copying from the others; none: built on a base image. */
  readonly parents: readonly ImageShape[];
  /** Whether the Dockerfile names the parent literally, which control does not declare. */
  readonly literal: boolean;
  readonly blocks: number;
  readonly lines: number;
}

/** The real tree's images by level, of 136 (doc/dev/docker-pkg.md). */
const levels = [61, 34, 33, 4, 4];
const real = levels.reduce((sum, count) => sum + count, 0);

/**
 * As many images with the traits of the real tree, which has 136: how deep they stand, 90 links for
 * 75 children, one in eight of them literal and undeclared, Dockerfiles of 1 KB and changelogs of
 * 18 KB on average, few of them much larger than the rest. `trees` names a tree and its share.
 */
export function shape(count: number, trees: readonly (readonly [string, number])[]): ImageShape[] {
  const random = seeded(count);
  const images: ImageShape[] = [];
  let below: ImageShape[] = [];
  let due = 0;
  for (const share of levels) {
    due += (share * count) / real;
    const level: ImageShape[] = [];
    while (images.length + level.length < Math.round(due)) {
      const index = images.length + level.length;
      const name = `tool${index}.${index % 7}`;
      const nearest = below[random(Math.max(1, below.length))];
      const further = random(5) === 0 ? images[random(Math.max(1, images.length))] : undefined;
      const parents = nearest === undefined ? [] : [nearest];
      if (further !== undefined && further !== nearest) {
        parents.push(further);
      }
      level.push({
        path: index % 4 === 0 ? `group${index % 29}/${name}` : name,
        name,
        tree: treeOf(trees, index, count),
        parents,
        literal: nearest !== undefined && random(8) === 0,
        blocks: 20 + random(180),
        lines: index % 20 === 0 ? 60 : 4 + random(10),
      });
    }
    images.push(...level);
    below = level;
  }
  return images;
}

/** Small trees hold the last images, which are built on those of the first. */
function treeOf(
  trees: readonly (readonly [string, number])[],
  index: number,
  count: number,
): string {
  let from = count;
  for (const [name, size] of trees.toReversed()) {
    from -= size;
    if (index >= from) {
      return name;
    }
  }
  return trees[0]?.[0] ?? 'images';
}
