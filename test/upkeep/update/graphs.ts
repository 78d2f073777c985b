import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { Edge, ExternalReference, Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import type { Tree, TreeConfig } from '#compiler/workspace/tree.js';
import type { ContextKey, ImageName, Reference, Repository } from '#core/reference/brands.js';
import type { EditContext } from '#upkeep/update/changelogEdit.js';
import { boundedBy } from '../../support/boundary.js';

/** 1 September 2026, 00:03:04 in a zone two hours east. */
export const fixedMoment = { seconds: Date.parse('2026-08-31T22:03:04Z') / 1000, offset: 120 };
export const date = 'Tue,  1 Sep 2026 00:03:04 +0200';

/** What a test says of an image; changelogs are written below its tree's directory. */
export interface ImageSpec {
  readonly name: string;
  readonly version: string;
  readonly tree?: string;
  /** Parents as `name` or `tree/name`, in any order of images; others are external. */
  readonly on?: readonly string[];
}

const testRegistry = 'registry.example.org';

/** Writes the changelogs below `root` and gives the graph that the resolver would. */
export function makeGraph(
  root: string,
  specs: readonly ImageSpec[],
  config: Partial<TreeConfig> = {},
  treeRest: Partial<Tree> = {},
): Graph {
  const trees = new Map<string, Tree>();
  const treeOf = (name: string): Tree => {
    const known = trees.get(name);
    if (known !== undefined) {
      return known;
    }
    const namespace = name === 'images' ? '' : name;
    const tree: Tree = {
      name,
      directory: join(root, name),
      shownDirectory: name,
      boundary: boundedBy(join(root, name)),
      config: { ...defaults, namespace, ...config },
      refresh: true,
      ...treeRest,
    };
    trees.set(name, tree);
    return tree;
  };

  const images: ResolvedImage[] = [];
  const byName = new Map<string, ResolvedImage>();
  for (const spec of specs) {
    const definition = definitionOf(treeOf(spec.tree ?? 'images'), spec);
    const parents: Edge[] = [];
    const externals: ExternalReference[] = [];
    let level = 0;
    for (const on of spec.on ?? []) {
      const parent = byName.get(on);
      const key = on as ContextKey;
      if (parent === undefined) {
        externals.push({
          kind: 'from',
          written: `${testRegistry}/${on}`,
          key,
          place: definition.place,
        });
      } else {
        const edge = { parent: parent.reference, written: parent.reference, key };
        parents.push({ kind: 'from', ...edge, place: definition.place, declared: false });
        level = Math.max(level, parent.level + 1);
      }
    }
    const image: ResolvedImage = {
      rendered: {
        definition,
        dockerfile: '',
        neutralDockerfile: '',
        placeOf: () => definition.place,
      },
      reference: definition.reference,
      parents,
      externals,
      level,
      base: 'scratch',
      withoutLayers: false,
      platforms: [],
    };
    images.push(image);
    byName.set(spec.name, image);
    byName.set(`${definition.tree.name}/${spec.name}`, image);
  }
  return {
    images,
    byReference: new Map(images.map((image) => [image.reference, image])),
    broken: [],
  };
}

export function changelogText(name: string, version: string): string {
  return `${name} (${version}) wikimedia; urgency=medium

  * Made.

 -- Ann <ann@example.org>  Sun, 16 Aug 2026 06:00:34 +0000
`;
}

export function context(rest: Partial<EditContext> = {}): EditContext {
  return {
    moment: fixedMoment,
    authorOf: () => 'Bo <bo@example.org>',
    read: (file) => ({ value: readFileSync(file, 'utf8'), diagnostics: [] }),
    ...rest,
  };
}

const defaults: TreeConfig = {
  registry: testRegistry,
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
  verifyArgs: [],
  insecureRegistries: [],
  tagLatest: false,
  exclusiveImages: [],
  insideTests: [],
  gossRequired: false,
  variables: new Map(),
  places: new Map(),
  files: [],
};

function definitionOf(tree: Tree, { name, version }: ImageSpec): ImageDefinition {
  const directory = join(tree.directory, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'changelog'), changelogText(name, version));
  const { registry, namespace } = tree.config;
  const repository = [registry, namespace, name].filter((part) => part !== '').join('/');
  return {
    tree,
    name: name as ImageName,
    version,
    repository: repository as Repository,
    reference: `${repository}:${version}` as Reference,
    directory,
    context: `${tree.name}/${name}`,
    dockerfile: { kind: 'template', file: `${tree.name}/${name}/Dockerfile.template`, text: '' },
    depends: [],
    place: { file: `${tree.name}/${name}/changelog`, line: 1, column: 1 },
    extraTags: [],
    labels: new Map(),
    args: new Map(),
    platforms: [],
  };
}
