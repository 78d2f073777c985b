/** Graphs made by hand, for the tests of the stages that take one. */

import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { PlanOptions } from '#compiler/plan/options.js';
import type { EdgeKind, Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import type { Tree, TreeConfig } from '#compiler/workspace/tree.js';
import type {
  ContextKey,
  Digest,
  ImageName,
  Reference,
  Repository,
} from '#core/reference/brands.js';
import { boundedBy } from './../support/boundary.js';

export interface ImageSketch {
  readonly name: string;
  readonly version?: string;
  /** Names of images that are before it, each linked by its reference; `copy name` for COPY --from. */
  readonly parents?: readonly string[];
  readonly dockerfile?: string;
  readonly tree?: Tree;
  readonly withoutLayers?: boolean;
  readonly base?: string;
  readonly definition?: Partial<ImageDefinition>;
}

/** A tree with docker-pkg's defaults; registry `r` unless the configuration says otherwise. */
export function treeOf(name = 'images', config: Partial<TreeConfig> = {}): Tree {
  return {
    name,
    directory: `/trees/${name}`,
    shownDirectory: name,
    boundary: boundedBy(`/trees/${name}`),
    refresh: true,
    config: {
      registry: 'r',
      namespace: '',
      baseImages: [],
      aptOptions: '',
      scanWorkers: 8,
      fallbackAuthor: 'Author',
      fallbackEmail: 'email@domain',
      distribution: 'wikimedia',
      updateId: 's',
      forceNumericUser: false,
      knownUidMappings: new Map(),
      verifyCommand: '/bin/bash',
      verifyArgs: ['-c', '{path}/test.sh {image}'],
      insecureRegistries: [],
      tagLatest: false,
      exclusiveImages: [],
      insideTests: [],
      gossRequired: false,
      variables: new Map(),
      places: new Map(),
      files: [],
      ...config,
    },
  };
}

const defaultTree = treeOf();

/** The graph of images that are listed parents first. */
export function graphOf(sketches: readonly ImageSketch[]): Graph {
  const images: ResolvedImage[] = [];
  const byName = new Map<string, ResolvedImage>();
  for (const sketch of sketches) {
    const image = imageOf(sketch, byName);
    images.push(image);
    byName.set(sketch.name, image);
  }
  return {
    images,
    byReference: new Map(images.map((image) => [image.reference, image])),
    broken: [],
  };
}

function imageOf(sketch: ImageSketch, known: ReadonlyMap<string, ResolvedImage>): ResolvedImage {
  const { name, version = '1', tree = defaultTree } = sketch;
  const { registry, namespace } = tree.config;
  const repository = [registry, namespace, name].filter((part) => part !== '').join('/');
  const reference = `${repository}:${version}` as Reference;
  const directory = `${tree.name}/${name}`;
  const definition: ImageDefinition = {
    tree,
    name: name as ImageName,
    version,
    repository: repository as Repository,
    reference,
    directory: `/trees/${directory}`,
    context: directory,
    dockerfile: { kind: 'template', file: `${directory}/Dockerfile.template`, text: '' },
    depends: [],
    place: { file: `${directory}/changelog`, line: 1 },
    extraTags: [],
    labels: new Map(),
    args: new Map(),
    platforms: [],
    ...sketch.definition,
  };
  const parents = (sketch.parents ?? []).map((parent, index) => {
    const [kind, parentName] = parent.startsWith('copy ')
      ? (['copy', parent.slice(5)] as const)
      : ([(index === 0 ? 'from' : 'copy') as EdgeKind, parent] as const);
    const image = known.get(parentName);
    if (image === undefined) {
      throw new Error(`${name}: its parent ${parentName} stands later`);
    }
    return { kind, image };
  });
  const lines = parents.map(({ image }, index) => `FROM ${image.reference} AS s${index}\n`);
  const dockerfile = sketch.dockerfile ?? `${lines.join('') || 'FROM scratch\n'}COPY . /${name}\n`;
  return {
    rendered: {
      definition,
      dockerfile,
      neutralDockerfile: dockerfile,
      placeOf: (line) => ({ file: `${directory}/Dockerfile.template`, line }),
    },
    reference,
    parents: parents.map(({ kind, image }, index) => ({
      kind,
      parent: image.reference,
      written: image.reference,
      key: image.reference as string as ContextKey,
      place: { file: `${directory}/Dockerfile.template`, line: index + 1 },
      declared: true,
    })),
    externals: [],
    level: Math.max(0, ...parents.map(({ image }) => image.level + 1)),
    base: sketch.base ?? parents[0]?.image.reference ?? 'scratch',
    platforms: definition.platforms,
    withoutLayers: sketch.withoutLayers ?? false,
  };
}

/** Options of a printed plan, contexts in place. */
export const printed: PlanOptions = {
  context: (image) => ({
    path: image.rendered.definition.context,
    digest: `sha256:${'0'.repeat(64)}` as Digest,
    files: [],
  }),
  outside: new Map(),
  rebuildKey: '',
  waveSize: 40,
  pull: false,
  proxyCredentials: 'refuse',
};
