import { existsSync, readFileSync } from 'node:fs';

/** One image of the public production-images repository, as docker-pkg reads and renders it. */
export interface GoldenImage {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly depends: readonly string[];
}

const FILE = '../shared/golden/production-images.json';

/** Why tests that need the golden data skip, or false. */
export const noGolden = existsSync(FILE) ? false : `${FILE} is not here`;

/** All images of the golden data; none where it is not here. */
export function goldenImages(): GoldenImage[] {
  if (noGolden !== false) return [];
  const { trees } = JSON.parse(readFileSync(FILE, 'utf8')) as {
    trees: { images: GoldenImage[] }[];
  };
  return trees.flatMap((tree) => tree.images);
}
