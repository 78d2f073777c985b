import { type Data, Float } from '#core/data/data.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { noNames } from '#core/reference/registryNames.js';
import type { ImageDefinition } from '../definitions/definition.js';
import type { ResolvedImage } from '../resolve/graph.js';
import type { ContextPart, PlannedContext } from './plan.js';

/** What a definition digest is taken of (`definitionDigests`), piece by piece, to be compared. */
export interface DefinitionParts {
  readonly digest: Digest;
  readonly version: string;
  /** Without proxy and apt options, with the canonical names of registries. */
  readonly dockerfile: string;
  /** By path; absent: its context is made, and has one digest. */
  readonly files?: ReadonlyMap<string, Omit<ContextPart, 'path'>>;
  readonly context: Digest;
  /** By context key. */
  readonly parents: ReadonlyMap<string, ParentPart>;
  readonly args: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly platforms: readonly string[];
  /** Empty: the last one. */
  readonly stage: string;
  readonly rebuilds: number;
  /**
   * The values of its configuration that its template may use, by name, as texts to be compared: they say
   * why a Dockerfile changed. Never shown: one may be a password.
   */
  readonly settings: ReadonlyMap<string, string>;
}

interface ParentPart {
  readonly reference: Reference;
  /** The definition digest; absent: it is broken. */
  readonly digest?: Digest;
}

/**
 * The parts of a definition; undefined where it has no digest.
 *
 * @param definitions the definition digests of the image and of its parents
 */
export function definitionParts(
  image: ResolvedImage,
  context: PlannedContext,
  definitions: ReadonlyMap<Reference, Digest>,
): DefinitionParts | undefined {
  const digest = definitions.get(image.reference);
  if (digest === undefined) {
    return undefined;
  }
  const { definition, neutralDockerfile } = image.rendered;
  const names = definition.tree.config.registryNames ?? noNames;
  const files = context.parts?.().map(({ path, ...part }) => [path, part] as const);
  return {
    digest,
    version: definition.version,
    dockerfile: neutralDockerfile,
    ...(files === undefined ? {} : { files: new Map(files) }),
    context: context.digest,
    parents: new Map(
      image.parents.map(({ key, parent }) => {
        const of = definitions.get(parent);
        return [
          names.canonical(key),
          { reference: parent, ...(of === undefined ? {} : { digest: of }) },
        ];
      }),
    ),
    args: definition.args,
    labels: definition.labels,
    platforms: [...image.platforms].sort(),
    stage: definition.stage ?? '',
    rebuilds: definition.rebuilds ?? 0,
    settings: settingsOf(definition),
  };
}

function settingsOf({ dockerfile, tree }: ImageDefinition): ReadonlyMap<string, string> {
  const { variables } = tree.config;
  return dockerfile.kind === 'template'
    ? new Map([...variables].map(([name, value]) => [name, textOf(value)]))
    : new Map();
}

function textOf(value: Data): string {
  return JSON.stringify(value, (_, part: Data) => {
    if (part instanceof Map) {
      return [...part];
    }
    if (part instanceof Float) {
      return `${part.value} (float)`;
    }
    return typeof part === 'bigint' ? String(part) : part;
  });
}
