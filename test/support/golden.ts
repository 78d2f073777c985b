import { cpSync, existsSync, readFileSync } from 'node:fs';
import { type ScratchTree, scratchTree } from './scratch.js';

/** One image of the public production-images repository, as docker-pkg reads and renders it. */
export interface GoldenImage {
  readonly name: string;
  readonly version: string;
  /** The reference. */
  readonly label: string;
  readonly path: string;
  readonly depends: readonly string[];
  /** Of the rendered Dockerfile: as configured, and with the proxy settings of `proxySettings`. */
  readonly sha256: string;
  readonly sha256_proxy: string;
}

export interface GoldenTree {
  readonly directory: string;
  readonly config: string;
  readonly images: readonly GoldenImage[];
}

/** Digests and names alone; `commit` says of which state of the repository. */
const file = 'test/fixtures/golden/production-images.json';

interface Golden {
  /** The commit of the repository that the digests were taken of. */
  readonly commit: string;
  readonly trees: readonly GoldenTree[];
}

function golden(): Golden {
  return JSON.parse(readFileSync(file, 'utf8')) as Golden;
}

/** The commit that `GENERATE_BAKE_REAL_TREE` must be at. */
function goldenCommit(): string {
  return golden().commit;
}

/** The repository's trees. */
export function goldenTrees(): readonly GoldenTree[] {
  return golden().trees;
}

/** All images of the golden data. */
export function goldenImages(): GoldenImage[] {
  return goldenTrees().flatMap((tree) => tree.images);
}

const checkout = process.env.GENERATE_BAKE_REAL_TREE ?? '';

/** Why tests over the repository itself skip, or false. */
export const noRealTree =
  checkout === ''
    ? `GENERATE_BAKE_REAL_TREE names no checkout of the public production-images repository at ${goldenCommit()}`
    : existsSync(checkout)
      ? false
      : `GENERATE_BAKE_REAL_TREE is ${checkout}, which is not there`;

/** The settings behind `sha256_proxy`. */
const proxySettings = `http_proxy: http://webproxy.example:8080\napt_options: "-o A::B=1"\n`;

/**
 * A copy of the checkout with a workspace file for all its trees, since a workspace file that nobody
 * named is only about what is beside and below it.
 */
export function realWorkspace(settings: 'stock' | 'proxy'): ScratchTree {
  const tables = goldenTrees().map(({ directory, config }) => {
    const layers = [config, ...(settings === 'proxy' ? ['proxy.yaml'] : [])];
    return `[[tree]]\ndirectory = "${directory}"\nconfig = ${JSON.stringify(layers)}\nname = "${directory}"\n`;
  });
  const tree = scratchTree();
  cpSync(checkout, tree.path, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.endsWith('/.git'),
  });
  tree.write({ 'generate-bake.toml': tables.join('\n'), 'proxy.yaml': proxySettings });
  return tree;
}
